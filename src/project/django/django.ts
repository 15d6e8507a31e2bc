import { type Finding, finding, nowhere } from '../../findings.ts';
import { type EbExtensions, readEbExtensions } from '../ebextensions/ebextensions.ts';
import { unknownHosts } from '../frameworks/framework-reading.ts';
import { isOwnCode, landmarks } from '../paths.ts';
import type { Evidence, HostsSetting } from '../project.ts';
import { type Program, readProgram } from '../python/program.ts';
import type { Snapshot } from '../snapshot.ts';
import { deploymentEnvironment, readDeployment } from './deployment.ts';
import { type DotenvValue, readDotenv } from './dotenv-default.ts';
import type { DjangoFacts, HealthQuestion } from './facts.ts';
import { djangoFindings } from './findings.ts';
import {
  answerHealthCheck,
  type HealthCheckAnswer,
  hasAnsweringLibrary,
  middlewarePaths,
} from './health-check.ts';
import { describeHosts, readAllowedHosts, toSetting } from './hosts.ts';
import {
  findGoverning,
  type Governing,
  hasManageScript,
  keepsHostsInClass,
  speaksOfDjango,
} from './module.ts';
import { type Answer, findHealthPath, findView, readUrlconf } from './urlconf.ts';

/** What is known of a Django project. */
export interface DjangoReading {
  readonly isDjango: boolean;
  /** The first governs production. */
  readonly settings: readonly HostsSetting[];
  readonly evidence: readonly Evidence[];
  readonly findings: readonly Finding[];
  /** Path of the settings module that governs production. */
  readonly governingModule: string | null;
  /** `string`: ALLOWED_HOSTS is a text where Django wants a list. */
  readonly hostsForm: 'list' | 'string';
  /** How the health check of the path is answered, as far as known. */
  readonly healthCheck: HealthCheckAnswer;
  /** Whether a middleware answers a path, or lets it through, before anything looks at the host. */
  answersBeforeHost(path: string): boolean;
  /** A health endpoint of the urlconf or of middleware, to be proposed. */
  readonly healthPath: string | null;
  /** Whether the app answers a path, from its root. */
  hasRoute(path: string): Answer;
}

const nothing: DjangoReading = {
  isDjango: false,
  settings: [],
  evidence: [],
  findings: [],
  governingModule: null,
  hostsForm: 'list',
  healthCheck: { kind: 'none', file: null, line: null, causes: [] },
  answersBeforeHost: () => false,
  healthPath: null,
  hasRoute: () => 'unknown',
};

/** `settings-not-found`: a Django project whose settings are not in the repository. */
const noSettings = finding(
  'info',
  'settings-not-found',
  nowhere,
  'this is a Django project, but no settings module of it was found in the repository',
  'bring the settings here, or name the variable they read: --var NAME --separator comma',
);

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
  const { path, className } = governing;
  if (snapshot.text(path) === undefined) return unread(governing);
  const calls: DjangoFacts['calls'][number][] = [];
  const hosts = readAllowedHosts(program, path, className, {
    deployed: deploymentEnvironment(deployment),
    observe: (run, callee, args, place) => run.known === null && calls.push({ callee, args, place }),
  });
  if (keepsHostsInClass(program, path, hosts) && !speaksOfDjango(snapshot, deployment)) return nothing;
  const modules = [...hosts.pass.files, ...entriesOf(program)];
  const dotenv = readDotenv(program, modules, hints.ships ?? (() => true));
  const answers = describeHosts(hosts, (name) => dotenv(name)?.value);
  const settings = answers.map((answer) => toSetting(program, answer, path, 1));
  const [first] = settings;
  const healthCheck = {
    path: hints.healthPath ?? '/',
    isDefault: hints.healthPath === undefined,
    admits: hints.admits ?? ((status: number) => status === 200),
  };
  const routes = readUrlconf(program, path);
  const facts = {
    program,
    governing: path,
    className,
    pass: hosts.pass,
    calls,
    setting: first,
    healthCheck,
    routes,
  };
  const answer = answerHealthCheck(facts);
  return {
    isDjango: true,
    settings,
    hostsForm: answers[0]?.form ?? 'list',
    evidence: [
      ...governing.evidence,
      ...(first === undefined ? [] : [hostsEvidence(first), ...defaultEvidence(first, dotenv)]),
      ...(answer.kind === 'exempt' ? [exemptEvidence(healthCheck.path, answer)] : []),
    ],
    findings: [...governing.findings, ...djangoFindings(facts, answer, answers[0]?.form ?? 'list', dotenv)],
    governingModule: path,
    healthCheck: answer,
    answersBeforeHost: (asked) => answerHealthCheck(facts, asked).kind === 'exempt',
    healthPath: findHealthPath(routes) ?? middlewarePaths(facts)[0] ?? null,
    hasRoute: (asked) => {
      const { answer: found } = findView(routes, asked);
      if (found !== 'no') return found;
      if (hasAnsweringLibrary(facts)) return 'unknown';
      return ['exempt', 'refused-before-host'].includes(answerHealthCheck(facts, asked).kind) ? 'yes' : 'no';
    },
  };
}

/** Settings that cannot be read: of their file there is a finding, and of the list nothing is known. */
function unread({ path, evidence, findings }: Governing): DjangoReading {
  return {
    ...nothing,
    isDjango: true,
    settings: [unknownHosts(path, 1)],
    evidence,
    findings,
    governingModule: path,
  };
}

function exemptEvidence(path: string, { file, line }: HealthCheckAnswer): Evidence {
  const because = `a middleware answers ${path} before anything looks at the host`;
  return { conclusion: 'health check exempt', because, file, line };
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
