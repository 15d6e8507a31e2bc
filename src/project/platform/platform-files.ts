import { readDeployScripts } from '../deploy-scripts.ts';
import { topNames } from '../paths.ts';
import type { Snapshot } from '../snapshot.ts';
import { type Compose, hasNoApp, looksLocal, readDeployedCompose } from './compose.ts';
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
  claims.push(...(dockerrun === undefined ? fromScripts(snapshot) : [fromDockerrun(dockerrun)]));
  const compose = readDeployedCompose(snapshot);
  if (compose !== undefined) claims.push(fromCompose(compose, ships(compose.file)));
  if (snapshot.has('Dockerfile')) {
    claims.push(claim(bare('docker'), 40, 'there is a Dockerfile', 'Dockerfile', null));
  }
  return claims;
}

function fromDockerrun({ file, version, versionLine, template }: Dockerrun): Claim {
  const said = version === null ? 'it names no version' : `its version is ${version}`;
  return {
    ...bare('docker'),
    platform: platformOf(version),
    weight: template ? 55 : 65,
    because: template ? `${said}; CI makes Dockerrun.aws.json of it` : said,
    file,
    line: versionLine,
  };
}

function platformOf(version: Dockerrun['version']): 'docker' | 'ecs' | 'compose' {
  return version === 2 ? 'ecs' : version === 3 ? 'compose' : 'docker';
}

/** CI that writes the Dockerrun file as it deploys. */
function fromScripts(snapshot: Snapshot): Claim[] {
  for (const { file, text } of readDeployScripts(snapshot)) {
    const written = /\bAWSEBDockerrunVersion\b[\\"']*\s*:\s*[\\"']*([123])\b/.exec(text);
    if (written === null) continue;
    const version = Number(written[1]) as 1 | 2 | 3;
    const line = text.slice(0, written.index).split('\n').length;
    const because = `it writes a Dockerrun.aws.json of version ${version}`;
    return [{ ...bare('docker'), platform: platformOf(version), weight: 55, because, file, line }];
  }
  return [];
}

function fromCompose(compose: Compose, ships: boolean): Claim {
  const [weight, because]: readonly [number, string] = !ships
    ? [0, 'it does not reach the bundle']
    : hasNoApp(compose)
      ? [0, 'it starts databases and the like, but no app']
      : looksLocal(compose)
        ? [localCompose, 'it starts a development machine (live-mounted code or a development server)']
        : [45, 'Elastic Beanstalk starts the compose file in the root of the bundle'];
  return { ...bare('docker'), platform: 'compose', weight, because, file: compose.file, line: null };
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
  [/^[^/]+\.(?:csproj|sln)$/, bare('other', 'dotnet'), 20],
  [/^package\.json$/, bare('other', 'node'), 10],
];

const windowsManifest: (typeof manifests)[number] = [
  /^aws-windows-deployment-manifest\.json$/,
  { ...bare('other', 'dotnet-windows'), generation: 'windows' },
  20,
];

function fromManifests(snapshot: Snapshot): Claim[] {
  const top = topNames(snapshot.paths);
  // Windows alone reads its manifest, and no Procfile.
  const windows = top.includes('Procfile') ? [] : [windowsManifest];
  return [...manifests, ...windows].flatMap(([pattern, platform, weight]) => {
    const file = top.find((path) => pattern.test(path));
    return file === undefined ? [] : [claim(platform, weight, `there is ${file}`, file, null)];
  });
}
