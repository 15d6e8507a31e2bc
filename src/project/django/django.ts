import type { Finding } from '../../findings.ts';
import { type EbExtensions, readEbExtensions } from '../ebextensions/ebextensions.ts';
import { lineAt, unknownHosts } from '../frameworks/framework-reading.ts';
import { landmarks } from '../paths.ts';
import type { Evidence, HostsSetting } from '../project.ts';
import { type Program, readProgram, runModule } from '../python/program.ts';
import type { Snapshot } from '../snapshot.ts';
import { type Deployment, readDeployment } from './deployment.ts';
import { type DotenvValue, readDotenv } from './dotenv-default.ts';
import type { DjangoFacts, HealthQuestion } from './facts.ts';
import { djangoFindings } from './findings.ts';
import { deploymentEnvironment, readAllowedHosts } from './hosts.ts';
import type { HostsAnswer } from './hosts-expression.ts';
import { findGoverning, type Governing, isOwnCode } from './module.ts';
import { redirectFindings } from './redirects.ts';
import { hasManageScript, keepsHostsInClass, speaksOfDjango } from './signs.ts';
import { pathInUrlconf } from './urlconf.ts';

/** What is known of a Django project. */
export interface DjangoReading {
  readonly isDjango: boolean;
  /** The first governs production. */
  readonly settings: readonly HostsSetting[];
  readonly evidence: readonly Evidence[];
  readonly findings: readonly Finding[];
  /** Path of the settings module that governs production. */
  readonly governingModule: string | null;
}

const nothing: DjangoReading = {
  isDjango: false,
  settings: [],
  evidence: [],
  findings: [],
  governingModule: null,
};

/** `settings-not-found`: a Django project whose settings are not in the repository. */
const noSettings: Finding = {
  code: 'settings-not-found',
  severity: 'warning',
  file: null,
  line: null,
  message: 'this is a Django project, but no settings module of it was found in the repository',
  fix: 'bring the settings here, or name the variable they read: --var NAME --separator comma',
};

/** What a caller knows already, or better than the files this reader looks at. */
export interface DjangoHints {
  /** The `.ebextensions` of the bundle; read from the snapshot unless given. */
  readonly ebextensions?: EbExtensions | undefined;
  /** The path the health check asks for; `/` unless told. */
  readonly healthPath?: string | undefined;
  /** Whether the health check takes a status for healthy; 200 alone unless told. */
  readonly admits?: HealthQuestion['admits'] | undefined;
  /** Whether a file of that path would be in the bundle; all are unless told. */
  readonly ships?: ((path: string) => boolean) | undefined;
}

/** Reads a Django project: which settings module governs production and where its ALLOWED_HOSTS comes from. Never throws. */
export function readDjango(snapshot: Snapshot, hints: DjangoHints = {}): DjangoReading {
  const program = readProgram(snapshot);
  const deployment = readDeployment(snapshot, hints.ebextensions ?? readEbExtensions(snapshot));
  const governing = findGoverning(program, deployment);
  if (governing === null)
    return hasManageScript(snapshot) ? { ...nothing, isDjango: true, findings: [noSettings] } : nothing;
  if (snapshot.text(governing.path) === undefined) return unread(governing);
  const gathered = gatherFacts(program, governing, deployment);
  const isOutOfReach = keepsHostsInClass(program, governing.path, gathered.reading);
  if (isOutOfReach && !speaksOfDjango(snapshot, deployment)) return nothing;
  const modules = [...gathered.reading.files, ...entriesOf(program)];
  const dotenv = readDotenv(program, modules, hints.ships ?? (() => true));
  const unset = (name: string) => dotenv(name)?.value;
  const answers = readAllowedHosts(program, governing.path, governing.className, deployment, unset);
  const settings = answers.map((answer) => toSetting(program, governing.path, answer));
  const [first] = settings;
  const healthCheck = {
    path: hints.healthPath ?? '/',
    admits: hints.admits ?? ((status: number) => status === 200),
  };
  const facts = { ...gathered, setting: first, healthCheck };
  return {
    isDjango: true,
    settings,
    evidence: [
      ...governing.evidence,
      ...(first === undefined ? [] : [hostsEvidence(first), ...defaultEvidence(first, dotenv)]),
    ],
    findings: [
      ...governing.findings,
      ...djangoFindings(facts),
      ...redirectFindings(facts, (path) => pathInUrlconf(snapshot, path, governing.path)),
    ],
    governingModule: governing.path,
  };
}

/** Settings that cannot be read: of their file there is a finding, and of the list nothing is known. */
function unread({ path, evidence, findings }: Governing): DjangoReading {
  return { isDjango: true, settings: [unknownHosts(path, 1)], evidence, findings, governingModule: path };
}

function gatherFacts(
  program: Program,
  { path, className }: Governing,
  deployment: Deployment,
): Omit<DjangoFacts, 'setting' | 'healthCheck'> {
  const calls: DjangoFacts['calls'][number][] = [];
  const reading = runModule(program, path, {
    environment: deploymentEnvironment(deployment),
    observe: (callee, args, place) => calls.push({ callee, args, place }),
  });
  return { program, governing: path, className, reading, calls };
}

function toSetting(program: Program, governing: string, { place, ...answer }: HostsAnswer): HostsSetting {
  const file = place?.file ?? governing;
  const line = place === null ? 1 : lineAt(program.module(file)?.text ?? '', place.from);
  return { file, line, ...answer };
}

/** What starts the app, and may read a dotenv file before the settings do. */
function entriesOf(program: Program): string[] {
  return landmarks(program.paths).filter((path) => /(^|\/)[aw]sgi\.py$/.test(path) && isOwnCode(path));
}

function defaultEvidence(
  { variable }: HostsSetting,
  dotenv: (name: string) => DotenvValue | undefined,
): Evidence[] {
  const found = variable === null ? undefined : dotenv(variable);
  if (found === undefined) return [];
  const because = `the settings read it from ${found.file}, which is deployed, where ${variable} is not set`;
  return [{ conclusion: 'default hosts', because, file: found.file, line: found.line }];
}

function hostsEvidence(setting: HostsSetting): Evidence {
  const { file, line, source, variable, separator, role } = setting;
  if (variable === null) {
    return { conclusion: `hosts ${source}`, because: 'no variable reaches ALLOWED_HOSTS', file, line };
  }
  const form =
    separator === null
      ? 'in a form of its own'
      : separator === 'none'
        ? 'as one host'
        : `separated by ${separator}`;
  const use = role === 'extra-hosts' ? 'adds it to a list of its own' : 'takes it as the whole list';
  return { conclusion: `variable ${variable}`, because: `ALLOWED_HOSTS ${use}, ${form}`, file, line };
}
