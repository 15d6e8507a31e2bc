import { type Finding, finding, nowhere, type Severity } from '../findings.ts';
import { hookPath } from '../generated-paths.ts';
import { parseMatcher } from '../matcher.ts';
import { processOf } from '../option-namespaces.ts';
import type { HealthCheckOption, HostsSetting, Project } from '../project/project.ts';
import { type Choices, defaultChoices, type GivenChoices, isHost, isPath } from './choices.ts';

export interface Decision {
  readonly choices: Choices;
  /** What the head of the hook is to remember. */
  readonly remembered: GivenChoices;
  /** The user's own `.ebextensions` set the path, so none is generated. */
  readonly pathDefinedElsewhere: boolean;
  /** A health endpoint that the app has, where no path is chosen or defined yet. */
  readonly proposedPath: string | null;
  /** The app does not read the chosen variable yet: its settings need an edit. Null where it does. */
  readonly unwired: Finding | null;
  readonly findings: readonly Finding[];
}

/** Settles the choices: flags win over what the head of the hook remembers, that over what was read from the project. The
 * default hosts are read anew on each run unless they were once given by hand. */
export function choose(project: Project, remembered: GivenChoices, flags: GivenChoices): Decision {
  // A variable chosen now brings its own form; the remembered one belongs to another.
  const isOther = flags.variable !== undefined && flags.variable !== remembered.variable;
  const kept = isOther ? { ...remembered, separator: undefined, role: undefined } : remembered;
  const given = { ...withoutUndefined(kept), ...withoutUndefined(flags) };
  const { framework: _, ...chosen } = given;
  const own = readOwnHealthCheck(project.healthCheckOptions, given.process);
  const choices: Choices = {
    ...defaultChoices,
    ...(project.delivery !== null && { delivery: project.delivery }),
    ...propose(project, given.variable),
    ...(chosen as Partial<Choices>),
    ...(flags.healthCheckPath === undefined && own?.choices),
  };
  const { variable, separator, role, delivery } = choices;
  const reader = project.settings.filter(isReachable).find((setting) => setting.variable === variable);
  const proposedPath = own === undefined && choices.healthCheckPath === null ? project.healthPath : null;
  return {
    choices,
    remembered: { ...given, variable, separator, role, delivery },
    pathDefinedElsewhere: own !== undefined,
    proposedPath,
    unwired: reader === undefined ? notWired(project, variable) : null,
    findings: [
      ...(reader === undefined ? [] : differingFindings(project, reader, choices)),
      ...withoutHosts(project, choices),
      ...pathFindings(own?.path, flags.healthCheckPath, proposedPath),
    ],
  };
}

function withoutUndefined(given: GivenChoices): GivenChoices {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** What a hook fills where the app's own list is out of reach of any variable: the settings are made to add it to the list. */
const addedHosts = { variable: 'EB_HOSTS', separator: 'comma', role: 'extra-hosts', hosts: [] } as const;

/** The choices that fit the app's allow-list.
 * @param variable the one that a flag or the hook names: its own setting is looked for first */
function propose({ settings }: Project, variable: string | undefined): Partial<Choices> {
  const named = settings.find((setting) => setting.variable === variable);
  if (variable !== undefined && named === undefined) return addedHosts;
  const setting = named ?? settings[0];
  if (setting === undefined) return {};
  // Named by a flag the user wants that very variable.
  if (!isReachable(setting) || (named === undefined && wouldLoseDomain(setting))) return addedHosts;
  const { separator, role } = setting;
  return { variable: setting.variable, separator, role, hosts: (setting.default ?? []).filter(isHost) };
}

type ReachableSetting = HostsSetting & Pick<Choices, 'variable' | 'separator' | 'role'>;

/** Whether an environment variable reaches the list in a form that the hook can write. */
export function isReachable(setting: HostsSetting): setting is ReachableSetting {
  return setting.variable !== null && setting.separator !== null && setting.role !== null;
}

/** Whether a variable that holds one host is there for the site's own domain: where it is the whole list, or holds a domain by
 * default. The address in its place would lock that out, and beside it there is no room. */
export function wouldLoseDomain({ separator, role, default: hosts }: HostsSetting): boolean {
  return separator === 'none' && (role === 'whole-list' || (hosts ?? []).some(isDomain));
}

/** Whether a host is a public name, of which the app is reached from outside. */
function isDomain(host: string): boolean {
  return /\.[a-z][a-z-]+$/i.test(host) && !/\.(?:local|localhost|internal)$/i.test(host);
}

/** The health check that the user's own `.ebextensions` defines; it is taken over and never defined twice. A value that no
 * hook could use (a template's placeholder, say) still counts as defined.
 * @param process the process that a flag or the hook names */
function readOwnHealthCheck(
  options: readonly HealthCheckOption[],
  process: string | undefined,
): { path: HealthCheckOption; choices: Partial<Choices> } | undefined {
  const paths = options.filter(
    ({ option, namespace }) => option === 'HealthCheckPath' && processOf(namespace) !== undefined,
  );
  const path =
    paths.find(({ namespace }) => processOf(namespace) === (process ?? 'default')) ??
    (process === undefined ? paths[0] : undefined);
  if (path === undefined) return undefined;
  const matcher = options.find(
    ({ namespace, option }) => namespace === path.namespace && option === 'MatcherHTTPCode',
  )?.value;
  return {
    path,
    choices: {
      healthCheckPath: isPath(path.value) ? path.value : null,
      ...(matcher !== undefined && parseMatcher(matcher) !== undefined && { matcher }),
      process: processOf(path.namespace) ?? 'default',
    },
  };
}

/** The list was read and ignores the variable (an error), or where the list comes from could not be read (a note). */
function notWired({ settings }: Project, variable: string): Finding {
  const [place] = settings;
  const isUnknown = place === undefined || place.source === 'unknown';
  const isCertain = !isUnknown && place.source !== 'wildcard' && place.source !== 'metadata';
  const read = settings.find(isReachable);
  const unfit = read !== undefined && wouldLoseDomain(read);
  const cause = isUnknown
    ? 'and whether the app reads it cannot be seen in its files'
    : read === undefined
      ? "and the app's allow-list does not read it"
      : `and the app reads ${unfit ? 'only ' : ''}${read.variable}`;
  const loss =
    !isUnknown && unfit ? ", for one host: the address there would replace the site's own domain" : '';
  const fix =
    read !== undefined && !unfit
      ? `run 'eb-hosts init --var ${read.variable}'`
      : isCertain
        ? "make the list read it: 'eb-hosts init --settings print' shows the change"
        : "'eb-hosts rehearse -- COMMAND' runs the app and shows whether it does";
  const message = `the hook fills ${variable}, ${cause}${loss}`;
  return finding(isCertain ? 'error' : 'info', 'settings-not-wired', place ?? nowhere, message, fix);
}

const inHook = { file: hookPath, line: null };

/** What the head of the hook says against what the app (an error: the list would not be read) and the platform (a warning: it may
 * be recognised wrongly) say now. */
function differingFindings(
  { settings, delivery }: Project,
  { separator, role, default: hosts }: ReachableSetting,
  choices: Choices,
): Finding[] {
  const differs = (severity: Severity, difference: string, flags: string) => {
    const message = `the hook is made with ${difference}`;
    return finding(severity, 'choice-differs', inHook, message, `run 'eb-hosts init' with ${flags}`);
  };
  const form = `--separator ${separator} --role ${role}`;
  const findings: Finding[] = [];
  if (separator !== choices.separator)
    findings.push(differs('error', `separator ${choices.separator}, the app reads ${separator}`, form));
  // Beside another variable that makes the list, or where nothing else does, an extra host locks nobody out.
  const isSafe =
    choices.role === 'extra-hosts' && (hosts?.length === 0 || settings.filter(isReachable).length > 1);
  if (role !== choices.role && !isSafe)
    findings.push(differs('error', `role ${choices.role}, the app reads ${role}`, form));
  if (delivery !== null && choices.delivery !== delivery && choices.delivery !== 'file') {
    const difference = `delivery ${choices.delivery}, the platform needs ${delivery}`;
    findings.push(differs('warning', difference, `--delivery ${delivery}`));
  }
  return findings;
}

function withoutHosts({ settings, properties }: Project, { variable, role, hosts }: Choices): Finding[] {
  const [own, other] = settings;
  const isOwnList = own?.source === 'literal' || (own?.variable === variable && own.role === 'whole-list');
  // The app has no host of its own beside the variable.
  const isEmpty = isOwnList && other === undefined && own.default?.length === 0;
  if (hosts.length > 0 || properties.includes(variable) || (role !== 'whole-list' && !isEmpty)) return [];
  const outcome =
    role === 'whole-list'
      ? 'the hook writes nothing: the address alone would lock out your own domain'
      : 'the app admits the address alone and refuses your own domain: its own list is empty';
  return [
    finding(
      // An app without a list refuses no host.
      own === undefined ? 'info' : 'warning',
      'no-default-hosts',
      inHook,
      `where the environment property ${variable} is not set, ${outcome}`,
      `set the property (eb setenv ${variable}=example.com), or give the hosts to start from: eb-hosts init --hosts example.com`,
    ),
  ];
}

/** @param wanted the path that a flag gives
 * @param proposed the path that is to be proposed */
function pathFindings(
  defined: HealthCheckOption | undefined,
  wanted: string | null | undefined,
  proposed: string | null,
): Finding[] {
  if (defined !== undefined && typeof wanted === 'string' && wanted !== defined.value) {
    const message = `the health-check path is already set to ${defined.value} here, so ${wanted} was not written a second time`;
    const fix = `change HealthCheckPath in ${defined.file}`;
    return [finding('warning', 'health-path-defined-elsewhere', defined, message, fix)];
  }
  if (proposed === null) return [];
  const message = `the app has a health endpoint, ${proposed}, and .ebextensions set no path: the load balancer asks for / unless one is set elsewhere`;
  return [
    finding('info', 'health-path-found', nowhere, message, `eb-hosts init --health-check-path ${proposed}`),
  ];
}
