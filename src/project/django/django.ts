import type { Finding } from '../../findings.ts';
import { lineAt } from '../frameworks/framework-reading.ts';
import type { Evidence, HostsSetting } from '../project.ts';
import { type Program, readProgram, runModule } from '../python/program.ts';
import type { Snapshot } from '../snapshot.ts';
import { type Deployment, type DeploymentValue, readDeployment } from './deployment.ts';
import type { DjangoFacts, HealthQuestion } from './facts.ts';
import { djangoFindings } from './findings.ts';
import { deploymentEnvironment, readAllowedHosts } from './hosts.ts';
import type { HostsAnswer } from './hosts-expression.ts';
import { findGoverning, type Governing, isOwnCode } from './module.ts';
import { redirectFindings } from './redirects.ts';
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
  fix: 'commit the settings, or name the variable they read: --var NAME --separator comma',
};

/** What a caller knows better than the files this reader looks at. */
export interface DjangoHints {
  /** The path the health check asks for; `/` unless told. */
  readonly healthPath?: string | undefined;
  /** Whether the health check takes a status for healthy; 200 alone unless told. */
  readonly admits?: HealthQuestion['admits'] | undefined;
  /** `DJANGO_SETTINGS_MODULE` as the environment's properties set it. */
  readonly settingsModule?:
    | { readonly value: string; readonly file: string; readonly line: number }
    | undefined;
}

/** Reads a Django project: which settings module governs production and where its ALLOWED_HOSTS comes from. Never throws. */
export function readDjango(snapshot: Snapshot, hints: DjangoHints = {}): DjangoReading {
  const program = readProgram(snapshot);
  const deployment = readDeployment(snapshot);
  const hinted: DeploymentValue[] =
    hints.settingsModule === undefined ? [] : [{ name: 'DJANGO_SETTINGS_MODULE', ...hints.settingsModule }];
  const known = { ...deployment, variables: [...hinted, ...deployment.variables] };
  const governing = findGoverning(program, known);
  if (governing === null)
    return usesDjango(snapshot) ? { ...nothing, isDjango: true, findings: [noSettings] } : nothing;
  const answers = readAllowedHosts(program, governing.path, governing.className, known);
  const settings = answers.map((answer) => toSetting(program, governing.path, answer));
  const [first] = settings;
  const healthCheck = {
    path: hints.healthPath ?? '/',
    admits: hints.admits ?? ((status: number) => status === 200),
  };
  const facts = { ...gatherFacts(program, governing, known), setting: first, healthCheck };
  return {
    isDjango: true,
    settings,
    evidence: [...governing.evidence, ...(first === undefined ? [] : [hostsEvidence(first)])],
    findings: [
      ...governing.findings,
      ...djangoFindings(facts),
      ...redirectFindings(facts, (path) => pathInUrlconf(snapshot, path, governing.path)),
    ],
    governingModule: governing.path,
  };
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

function usesDjango(snapshot: Snapshot): boolean {
  return snapshot.paths.some(
    (path) =>
      /(^|\/)manage\.py$/.test(path) && isOwnCode(path) && /\bdjango\b/i.test(snapshot.text(path) ?? ''),
  );
}

function toSetting(program: Program, governing: string, { place, ...answer }: HostsAnswer): HostsSetting {
  const file = place?.file ?? governing;
  const line = place === null ? 1 : lineAt(program.module(file)?.text ?? '', place.from);
  return { file, line, ...answer };
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
