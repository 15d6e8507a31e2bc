import { topNames } from '../paths.ts';
import type { Snapshot } from '../snapshot.ts';
import { type Compose, looksLocal, readDeployedCompose } from './compose.ts';
import { type Dockerrun, readDockerrun } from './dockerrun.ts';
import { bare, type Claim, claim, localCompose } from './platform-claim.ts';
import type { PlatformName } from './platform-name.ts';
import { readProcfile } from './procfile.ts';

/** What the files of the app root that go with a platform say: Docker's, the Procfile, manifests. */
export function claimFromFiles(snapshot: Snapshot, ships: (path: string) => boolean): Claim[] {
  return [...fromDockerFiles(snapshot, ships), ...fromProcfile(snapshot), ...fromManifests(snapshot)];
}

function fromDockerFiles(snapshot: Snapshot, ships: (path: string) => boolean): Claim[] {
  const claims: Claim[] = [];
  const dockerrun = readDockerrun(snapshot);
  if (dockerrun !== undefined) claims.push(fromDockerrun(dockerrun));
  const compose = readDeployedCompose(snapshot);
  if (compose !== undefined) claims.push(fromCompose(compose, ships(compose.file)));
  if (snapshot.has('Dockerfile')) {
    claims.push(claim(bare('docker'), 40, 'there is a Dockerfile', 'Dockerfile', null));
  }
  return claims;
}

function fromDockerrun({ file, version, versionLine, template }: Dockerrun): Claim {
  const platform = version === 2 ? 'ecs' : version === 3 ? 'compose' : 'docker';
  const said = version === null ? 'it names no version' : `its version is ${version}`;
  return {
    ...bare('docker'),
    platform,
    weight: template ? 55 : 65,
    because: template ? `${said}; CI makes Dockerrun.aws.json of it` : said,
    file,
    line: versionLine,
  };
}

function fromCompose(compose: Compose, ships: boolean): Claim {
  const local = looksLocal(compose);
  return {
    ...bare('docker'),
    platform: 'compose',
    weight: !ships ? 0 : local ? localCompose : 45,
    because: !ships
      ? 'it does not reach the bundle'
      : local
        ? 'it starts a development machine (live-mounted code or a development server)'
        : 'Elastic Beanstalk starts the compose file in the root of the bundle',
    file: compose.file,
    line: null,
  };
}

const languagesByCommand: readonly (readonly [RegExp, PlatformName])[] = [
  [/\b(?:gunicorn|uvicorn|daphne|hypercorn|waitress-serve|uwsgi|python3?|celery|granian)\b/, bare('python')],
  [/\b(?:bundle|puma|rails|rackup|thin|unicorn)\b/, bare('other', 'ruby')],
  [/\b(?:node|npm|yarn|pnpm|next)\b/, bare('other', 'node')],
  [/\bjava\b/, bare('other', 'java')],
  [/\bdotnet\b/, bare('other', 'dotnet')],
  [/heroku-php|\bphp\b/, bare('other', 'php')],
];

function fromProcfile(snapshot: Snapshot): Claim[] {
  const web = readProcfile(snapshot).find(({ name }) => name === 'web');
  const platform = languagesByCommand.find(([pattern]) => pattern.test(web?.command ?? ''))?.[1];
  if (web === undefined || platform === undefined) return [];
  return [claim(platform, 25, 'the Procfile starts it on the host', 'Procfile', web.line)];
}

const manifests: readonly (readonly [RegExp, PlatformName, number])[] = [
  [
    /^(?:requirements\.txt|Pipfile|pyproject\.toml|setup\.py|manage\.py|application\.py|environment\.yml)$/,
    bare('python'),
    20,
  ],
  [/^Gemfile$/, bare('other', 'ruby'), 20],
  [/^composer\.json$/, bare('other', 'php'), 20],
  [/^go\.mod$/, bare('other', 'go'), 20],
  [/^(?:pom\.xml|build\.gradle(?:\.kts)?)$/, bare('other', 'java'), 20],
  [/^[^/]+\.(?:csproj|sln)$|^aws-windows-deployment-manifest\.json$/, bare('other', 'dotnet'), 20],
  [/^package\.json$/, bare('other', 'node'), 10],
];

function fromManifests(snapshot: Snapshot): Claim[] {
  const top = topNames(snapshot.paths);
  return manifests.flatMap(([pattern, platform, weight]) => {
    const file = top.find((path) => pattern.test(path));
    return file === undefined ? [] : [claim(platform, weight, `there is ${file}`, file, null)];
  });
}
