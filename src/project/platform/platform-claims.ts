import { infrastructureFiles, readDeployScripts } from '../deploy-scripts.ts';
import type { EbExtensions } from '../ebextensions/ebextensions.ts';
import { below, topNames } from '../paths.ts';
import type { Platform } from '../project.ts';
import type { Snapshot } from '../snapshot.ts';
import { at, entriesOf, readYaml, textOf } from '../yaml.ts';
import { hasNoApp, looksLocal, readDeployedCompose } from './compose.ts';
import { readDockerrun } from './dockerrun.ts';
import { readProcfile } from './procfile.ts';

/** How much each kind of evidence weighs. From `decisive` on it names the platform itself; below, it is a file that goes with one. */
const weights = {
  ebCliConfig: 100,
  namedStack: 80,
  dockerrun: 70,
  dockerrunMadeByCi: 65,
  containerNamespace: 60,
  wsgiPath: 50,
  commands: 50,
  compose: 45,
  dockerfile: 40,
  procfile: 30,
  stackInDocumentation: 30,
  manifest: 20,
  localCompose: 15,
  packageJson: 10,
} as const;

/** From this weight on the evidence names the platform. */
export const decisive = weights.containerNamespace;

/** One reason to think the app runs on a platform. */
export interface Claim extends PlatformName {
  readonly weight: number;
  readonly because: string;
  readonly file: string;
  readonly line: number | null;
}

/** Everything in the app root that suggests a platform.
 * @param ships whether a file of that path would be in the bundle */
export function claimPlatforms(
  snapshot: Snapshot,
  ebextensions: EbExtensions,
  ships: (path: string) => boolean,
): Claim[] {
  return [
    ...fromEbCli(snapshot),
    ...fromConfigurations(snapshot),
    ...fromStackNames(snapshot),
    ...fromNamespaces(ebextensions),
    ...ebextensions.commands.flatMap(({ command, file, line }) => fromShell(command, file, line)),
    ...below(snapshot.paths, '.platform')
      .filter((path) => /^\.platform\/(?:config)?hooks\//.test(path))
      .flatMap((file) => fromShell(snapshot.text(file) ?? '', file, null)),
    ...fromDockerFiles(snapshot, ships),
    ...fromProcfile(snapshot),
    ...fromManifests(snapshot),
  ];
}

/** A claim for the platform of that name; none where the name says nothing. */
function claimNamed(
  name: string | undefined,
  weight: number,
  because: string,
  file: string,
  line: number | null,
): Claim[] {
  const platform = name === undefined ? undefined : readPlatformName(name);
  return platform === undefined ? [] : [{ ...platform, weight, because, file, line }];
}

function fromEbCli(snapshot: Snapshot): Claim[] {
  for (const file of ['.elasticbeanstalk/config.yml', '.elasticbeanstalk/config.global.yml']) {
    const { value } = readYaml(snapshot.text(file) ?? '');
    const ofBranch = entriesOf(at(value, 'branch-defaults')).length > 0;
    const branch = ofBranch ? [['branch-defaults', snapshot.git?.branch ?? 'default']] : [];
    for (const keys of [...branch, ['global']]) {
      const node = at(value, ...keys, 'default_platform');
      const name = textOf(node);
      const because = `${[...keys, 'default_platform'].join('.')} is '${name}'`;
      const claims = claimNamed(name, weights.ebCliConfig, because, file, node?.line ?? null);
      if (claims.length > 0) return claims;
    }
  }
  return [];
}

/** `eb config save` keeps `Platform.PlatformArn` or `SolutionStack`; `env.yaml` in the bundle's root has `SolutionStack`. */
function fromConfigurations(snapshot: Snapshot): Claim[] {
  const saved = below(snapshot.paths, '.elasticbeanstalk/saved_configs').filter((path) =>
    /\.ya?ml$/.test(path),
  );
  return [...saved, 'env.yaml'].flatMap((file) => {
    const { value } = readYaml(snapshot.text(file) ?? '');
    const tier = at(value, 'EnvironmentTier', 'Name');
    const cluster = textOf(tier)?.toLowerCase() === 'cluster' ? tier : undefined;
    const node = cluster ?? at(value, 'Platform', 'PlatformArn') ?? at(value, 'SolutionStack');
    const name = textOf(node);
    return claimNamed(name, weights.namedStack, `it names '${name}'`, file, node?.line ?? null);
  });
}

/** How a platform's name stands in Terraform, CloudFormation, CDK, scripts. */
const stackNames: readonly RegExp[] = [
  /\btier["']?\s*[:=]\s*["'](Cluster)["']/,
  /\bsolution_?stack(?:_?name)?["']?\s*[:=]\s*["']?([^"'\n#]*(?:running|Docker|Python)[^"'\n#]*)/i,
  /\bdefault_platform:\s*["']?([\w.][^"'\n#]*)/,
  /\beb\s+(?:init|create)\b[^\n]*?\s(?:-p|--platform)[= ]["']?((?:arn:)?[\w./:-]+(?: [\w.]+)*)/,
  /["'](64bit Amazon Linux [^"'\n]* running [^"'\n]+)["']/,
];

const stackFile =
  /^(?!\.(?:elasticbeanstalk|ebextensions)\/|(?:.*\/)?package(?:-lock)?\.json$)(?:.*\.(?:tf|tfvars|sh)|\.(?:github|circleci)\/.*\.ya?ml|(?:[^/]+|.*(?:eb|beanstalk|deploy|infra|cloudformation|cdk).*)(?:\.(?:ya?ml|json|ts|py|md)|(?<=^|\/)Makefile))$/i;

/** What infrastructure code and scripts name: Terraform, CloudFormation, `eb init -p …`; the first five of them. */
function fromStackNames(snapshot: Snapshot): Claim[] {
  const claims = infrastructureFiles(snapshot, stackFile).flatMap((file) => {
    const text = snapshot.text(file) ?? '';
    const weight = /\.md$/i.test(file) ? weights.stackInDocumentation : weights.namedStack;
    for (const pattern of stackNames) {
      const match = pattern.exec(text);
      if (match === null) continue;
      const line = text.slice(0, match.index).split('\n').length;
      const found = claimNamed(match[1], weight, `it names '${match[1]?.trim()}'`, file, line);
      if (found.length > 0) return found;
    }
    return [];
  });
  return claims.slice(0, 5);
}

function fromNamespaces({ options }: EbExtensions): Claim[] {
  return options.flatMap(({ namespace, option, file, line }) => {
    const kind = /^aws:elasticbeanstalk:container:(\.?\w+)/.exec(namespace)?.[1];
    const because = `the namespace ${namespace} is set`;
    const name = kind === '.net' ? 'windows server' : kind;
    return claimNamed(
      name,
      option === 'WSGIPath' ? weights.wsgiPath : weights.containerNamespace,
      because,
      file,
      line,
    );
  });
}

/** Commands that only make sense on one platform: containers, or the app's own language on the host. */
const commands: readonly (readonly [RegExp, string, string])[] = [
  [/\bdocker(?:-compose)? (?:exec|run|ps|cp|compose|system|login|image)\b/, 'docker', 'docker'],
  [
    /\/var\/app\/venv|\/opt\/python\/|\bmanage\.py\b|\bdjango-admin\b/,
    'python',
    "the app's Python on the host",
  ],
  [/\b(?:bundle exec|rake|rails)\b/, 'ruby', "the app's Ruby on the host"],
  [/\bphp artisan\b|\bphp bin\/console\b/, 'php', "the app's PHP on the host"],
];

function fromShell(text: string, file: string, line: number | null): Claim[] {
  const found = commands.find(([pattern]) => pattern.test(text));
  if (found === undefined) return [];
  return claimNamed(found[1], weights.commands, `it runs ${found[2]}`, file, line);
}

function fromDockerFiles(snapshot: Snapshot, ships: (path: string) => boolean): Claim[] {
  const claims = fromDockerrun(snapshot) ?? fromScripts(snapshot);
  const compose = readDeployedCompose(snapshot);
  if (compose !== undefined && ships(compose.file) && !hasNoApp(compose)) {
    const [weight, because] = looksLocal(compose)
      ? [weights.localCompose, 'it starts a development machine (live-mounted code or a development server)']
      : [weights.compose, 'Elastic Beanstalk starts the compose file in the root of the bundle'];
    claims.push({ ...docker, platform: 'compose', weight, because, file: compose.file, line: null });
  }
  if (snapshot.has('Dockerfile')) {
    claims.push(...claimNamed('docker', weights.dockerfile, 'there is a Dockerfile', 'Dockerfile', null));
  }
  return claims;
}

const docker = { platform: 'docker', language: null, generation: 'unknown' } as const;
/** By `AWSEBDockerrunVersion`: one container, ECS, images for a compose file. */
const dockerrunPlatforms = { 1: 'docker', 2: 'ecs', 3: 'compose' } as const;

function fromDockerrun(snapshot: Snapshot): Claim[] | undefined {
  const found = readDockerrun(snapshot);
  if (found === undefined) return undefined;
  const { file, version, versionLine: line, template } = found;
  const said = version === null ? 'it names no version' : `its version is ${version}`;
  const because = template ? `${said}; CI makes Dockerrun.aws.json of it` : said;
  const weight = template ? weights.dockerrunMadeByCi : weights.dockerrun;
  return [{ ...docker, platform: dockerrunPlatforms[version ?? 1], weight, because, file, line }];
}

/** CI that writes the Dockerrun file as it deploys. */
function fromScripts(snapshot: Snapshot): Claim[] {
  for (const { file, text } of readDeployScripts(snapshot)) {
    const written = /\bAWSEBDockerrunVersion\b[\\"']*\s*:\s*[\\"']*([123])\b/.exec(text);
    if (written === null) continue;
    const version = Number(written[1]) as 1 | 2 | 3;
    const line = text.slice(0, written.index).split('\n').length;
    const because = `it writes a Dockerrun.aws.json of version ${version}`;
    const weight = weights.dockerrunMadeByCi;
    return [{ ...docker, platform: dockerrunPlatforms[version], weight, because, file, line }];
  }
  return [];
}

const languagesByCommand: readonly (readonly [RegExp, string])[] = [
  [/\b(?:gunicorn|uvicorn|daphne|hypercorn|waitress-serve|uwsgi|python3?|celery|granian)\b/, 'python'],
  [/\b(?:bundle|puma|rails|rackup|thin|unicorn)\b/, 'ruby'],
  [/\b(?:node|npm|yarn|pnpm|next)\b/, 'node'],
  [/\bjava\b/, 'java'],
  [/\bdotnet\b/, 'dotnet'],
  [/heroku-php|\bphp\b/, 'php'],
];

function fromProcfile(snapshot: Snapshot): Claim[] {
  const web = readProcfile(snapshot).find(({ name }) => name === 'web');
  const language = languagesByCommand.find(([pattern]) => pattern.test(web?.command ?? ''))?.[1];
  const because = 'the Procfile starts it on the host';
  return claimNamed(language, weights.procfile, because, 'Procfile', web?.line ?? null);
}

const manifests: readonly (readonly [RegExp, string])[] = [
  [
    /^(?:requirements\.txt|Pipfile|pyproject\.toml|setup\.py|manage\.py|application\.py|environment\.yml)$/,
    'python',
  ],
  [/^Gemfile$/, 'ruby'],
  [/^composer\.json$/, 'php'],
  [/^go\.mod$/, 'go'],
  [/^(?:pom\.xml|build\.gradle(?:\.kts)?)$/, 'java'],
  [/^[^/]+\.(?:csproj|sln)$/, 'dotnet'],
  [/^package\.json$/, 'node'],
  [/^aws-windows-deployment-manifest\.json$/, 'windows server'],
];

function fromManifests(snapshot: Snapshot): Claim[] {
  const top = topNames(snapshot.paths);
  return manifests.flatMap(([pattern, name]) => {
    const file = top.find((path) => pattern.test(path));
    // Windows alone reads its manifest, and no Procfile.
    if (file === undefined || (name === 'windows server' && top.includes('Procfile'))) return [];
    const weight = name === 'node' ? weights.packageJson : weights.manifest;
    return claimNamed(name, weight, `there is ${file}`, file, null);
  });
}

/** Whether a claim comes from a compose file that starts a developer's machine. */
export const isLocalCompose = ({ platform, weight }: Claim): boolean =>
  platform === 'compose' && weight === weights.localCompose;

/** The system below an Elastic Beanstalk platform; `unknown` where the name does not say. */
export type Generation = 'al2023' | 'al2' | 'al1' | 'windows' | 'unknown';

export interface PlatformName {
  readonly platform: Exclude<Platform, 'unknown'>;
  /** What runs on a platform that is neither Python nor Docker. */
  readonly language: Language | null;
  readonly generation: Generation;
}

export type Language =
  | 'ruby'
  | 'node'
  | 'php'
  | 'go'
  | 'java'
  | 'tomcat'
  | 'dotnet'
  | 'dotnet-windows'
  | 'cluster';

/** The first pattern that matches decides: `Multi-container Docker` is ECS, `Tomcat 8.5 with Java 8` is Tomcat. */
const names: readonly (readonly [RegExp, PlatformName['platform'], Language | null])[] = [
  [/preconfigured/, 'docker', null],
  [/\becs\b|multi ?container docker/, 'ecs', null],
  [/\bdocker\b/, 'docker', null],
  [/\bpython\b/, 'python', null],
  [/\biis\b|windows server/, 'other', 'dotnet-windows'],
  [/\bruby\b|\bpassenger\b|\bpuma\b/, 'other', 'ruby'],
  [/\bnode(?:\.?js)?\b/, 'other', 'node'],
  [/\bphp\b/, 'other', 'php'],
  [/\bgo(?:lang)?\b/, 'other', 'go'],
  [/\btomcat\b|\bglassfish\b/, 'other', 'tomcat'],
  [/\bjava\b|\bcorretto\b/, 'other', 'java'],
  [/\.net\b|\bdotnet\b/, 'other', 'dotnet'],
  [/^cluster$/, 'other', 'cluster'],
];

/** Reads an Elastic Beanstalk platform's name in any of its spellings: `python-3.8`, `Python 3.11 running on 64bit Amazon
 * Linux 2023`, `64bit Amazon Linux 2 v3.3.9 running Python 3.8`, `arn:aws:elasticbeanstalk:…:platform/Docker running on …`. */
export function readPlatformName(name: string): PlatformName | undefined {
  const words = name.toLowerCase().replace(/[_-]+/g, ' ');
  const found = names.find(([pattern]) => pattern.test(words));
  if (found === undefined) return undefined;
  const [, platform, language] = found;
  return { platform, language, generation: language === 'dotnet-windows' ? 'windows' : generationOf(words) };
}

function generationOf(words: string): Generation {
  if (/amazon linux 2023|\bal2023\b/.test(words)) return 'al2023';
  if (/amazon linux 20(?:0\d|1\d)\.\d/.test(words)) return 'al1';
  if (/amazon linux 2(?!\d)/.test(words)) return 'al2';
  return /amazon linux(?! ?\d)/.test(words) ? 'al1' : 'unknown';
}
