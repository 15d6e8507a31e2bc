import { type Finding, finding } from '../../findings.ts';
import { readDeployment } from '../django/deployment.ts';
import { type DjangoReading, readDjango } from '../django/django.ts';
import { speaksOfDjango } from '../django/module.ts';
import type { EbExtensions } from '../ebextensions/ebextensions.ts';
import { type AskedPath, readAskedPath } from '../ebextensions/health-options.ts';
import type { Framework, HostsSetting } from '../project.ts';
import type { Snapshot } from '../snapshot.ts';
import { readAspnet } from './aspnet.ts';
import type { FrameworkReading } from './framework-reading.ts';
import { readOtherStack } from './other-stacks.ts';
import { readLaravel, readSymfony } from './php.ts';
import { readPythonFramework } from './python-frameworks.ts';
import { readRails } from './rails.ts';

interface Repository {
  /** The directory the command works in, and its part below the app root. */
  readonly whole: Snapshot;
  readonly app: Snapshot;
  readonly appRoot: string;
  readonly ebextensions: EbExtensions;
  /** Whether a file of the app would be in the bundle. */
  readonly ships: (path: string) => boolean;
  /** The framework, where the user has named it: the others are not looked for. */
  readonly framework: Framework | undefined;
}

/** The framework of the app, and where its host list comes from. */
export function readFramework(repository: Repository): FrameworkReading {
  const nothing = { framework: repository.framework ?? 'generic', settings: [], evidence: [], findings: [] };
  const found = recognize(repository.app, repository);
  if (found !== undefined) return found;
  if (repository.appRoot === '.' || isAnApp(repository.app)) return nothing;
  // The bundle's files may lie in a directory of their own, with the app beside it: a script brings them together.
  const outside = recognize(repository.whole, repository);
  return outside === undefined ? nothing : seenFrom(repository.appRoot, outside);
}

/** Whether the app root holds an app of its own, of a framework that is not known here: what lies beside it is another one. */
function isAnApp({ paths }: Snapshot): boolean {
  if (
    paths.some((path) => /^(?:pom\.xml|build\.gradle(?:\.kts)?|go\.mod|Gemfile|composer\.json)$/.test(path))
  )
    return true;
  return paths.includes('package.json') && paths.some((path) => /\.[cm]?[jt]sx?$/.test(path));
}

type Reader = (snapshot: Snapshot, repository: Repository) => FrameworkReading | undefined;

/** In the order in which they are looked for: those that a file at the top shows come before those that may be a tool of the
 * project's, further down. */
const readers: readonly (readonly [readonly Framework[], Reader])[] = [
  [['django'], readCertainDjango],
  [['rails'], readRails],
  [['laravel'], readLaravel],
  [['symfony'], readSymfony],
  [['flask', 'starlette'], readPython],
  [['aspnet'], readAspnet],
  [['django'], readDjangoProject],
  [['generic'], readOtherStack],
];

function recognize(snapshot: Snapshot, repository: Repository): FrameworkReading | undefined {
  const { framework } = repository;
  for (const [frameworks, read] of readers) {
    if (framework !== undefined && !frameworks.includes(framework)) continue;
    const reading = read(snapshot, repository);
    if (reading !== undefined && (framework === undefined || reading.framework === framework)) return reading;
  }
  return undefined;
}

function readPython(snapshot: Snapshot, { ebextensions }: Repository): FrameworkReading | undefined {
  const reading = readPythonFramework(snapshot, ebextensions) ?? undefined;
  if (reading === undefined || reading.settings.length > 0 || reading.checksNoHost !== undefined)
    return reading;
  const list = reading.framework === 'flask' ? 'TRUSTED_HOSTS' : 'TrustedHostMiddleware';
  return { ...reading, checksNoHost: `no ${list} is set, and without it the app admits every host` };
}

/** Leaves a project for last that only a name like ALLOWED_HOSTS may make Django's: other apps have it too. */
function readCertainDjango(snapshot: Snapshot, repository: Repository): FrameworkReading | undefined {
  const deployment = readDeployment(snapshot, repository.ebextensions);
  return speaksOfDjango(snapshot, deployment) ? readDjangoProject(snapshot, repository) : undefined;
}

function readDjangoProject(
  snapshot: Snapshot,
  { ebextensions, ships }: Repository,
): FrameworkReading | undefined {
  const asked = readAskedPath(ebextensions);
  const reading = readDjango(snapshot, {
    ebextensions,
    healthPath: asked.file === null ? undefined : asked.path,
    admits: asked.admits,
    ships,
  });
  if (!reading.isDjango) return undefined;
  const { settings, evidence, findings, healthPath } = reading;
  return {
    framework: 'django',
    settings,
    evidence,
    findings: [...findings, ...pathNotFound(asked, reading.hasRoute)],
    healthPath,
    answersBeforeHost: reading.answersBeforeHost,
  };
}

function pathNotFound({ path, file, line }: AskedPath, answers: DjangoReading['hasRoute']): Finding[] {
  // With a slash at its end it is a redirect, which has a finding of its own.
  if (file === null || answers(path) !== 'no' || answers(`${path}/`) !== 'no') return [];
  const message = `no route of the app was found for ${path}: the health check is answered 404`;
  return [
    finding(
      'warning',
      'health-path-not-found',
      { file, line },
      message,
      'correct the path, or add a view there that answers 200',
    ),
  ];
}

/** The same reading with paths relative to `root`. */
function seenFrom(root: string, reading: FrameworkReading): FrameworkReading {
  const up = '../'.repeat(root.split('/').length);
  const moved = <T extends { readonly file: string | null }>(item: T): T => ({
    ...item,
    file: item.file === null ? null : up + item.file,
  });
  return {
    ...reading,
    settings: reading.settings.map((setting: HostsSetting) => moved(setting)),
    evidence: reading.evidence.map(moved),
    findings: reading.findings.map(moved),
  };
}
