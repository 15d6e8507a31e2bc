import { type Finding, finding, nowhere, type Severity } from '../findings.ts';
import { hookPath } from '../generated-paths.ts';
import { parseMatcher } from '../matcher.ts';
import { processOf } from '../option-namespaces.ts';
import type { HealthCheckOption, HostsSetting, Project } from '../project/project.ts';
import {
  type Choices,
  type Delivery,
  defaultChoices,
  type GivenChoices,
  withoutUndefined,
} from './choices.ts';
import { isHost, isPath } from './flags.ts';

export interface Decision {
  /** `delivery` is null where neither a flag nor the platform says how the list reaches the app. */
  readonly choices: Omit<Choices, 'delivery'> & { readonly delivery: Delivery | null };
  /** What the head of the hook is to remember. */
  readonly remembered: GivenChoices;
  /** The user's own `.ebextensions` set the path, so none is generated. */
  readonly pathDefinedElsewhere: boolean;
  /** A health endpoint that the app has, where no path is chosen or defined yet. */
  readonly proposedPath: string | null;
  /** The app does not read the chosen variable yet: its settings need an edit. */
  readonly needsWiring: boolean;
  readonly findings: readonly Finding[];
}

/** Settles the choices: flags win over what the head of the hook remembers, that over what was read from the project. The
 * default hosts are read anew on each run unless they were once given by hand.
 * @param wires whether the settings are made to read the variable, where they do not */
export function choose(
  project: Project,
  remembered: GivenChoices,
  flags: GivenChoices,
  wires = false,
): Decision {
  const given = { ...remembered, ...withoutUndefined(flags) };
  const own = readOwnHealthCheck(project.healthCheckOptions, given.process);
  const proposal = propose(project, given.variable, wires);
  // A variable chosen now brings its own form; the remembered one belongs to another.
  const form = flags.variable !== undefined && flags.variable !== remembered.variable ? flags : given;
  const choices = {
    ...defaultChoices,
    ...proposal,
    delivery: project.delivery,
    ...withoutFramework(given),
    separator: form.separator ?? proposal.separator ?? defaultChoices.separator,
    role: form.role ?? proposal.role ?? defaultChoices.role,
    ...(own !== undefined && flags.healthCheckPath === undefined && own.choices),
  };
  const needsWiring = !project.settings.some(
    (setting) => isReachable(setting) && setting.variable === choices.variable,
  );
  const proposedPath = own === undefined && choices.healthCheckPath === null ? project.healthPath : null;
  const { variable, separator, role, delivery } = choices;
  return {
    choices,
    remembered: { ...given, variable, separator, role, delivery: delivery ?? undefined },
    pathDefinedElsewhere: own !== undefined,
    proposedPath,
    needsWiring,
    findings: [
      ...(needsWiring ? [notWired(project, variable)] : differingFindings(project, choices)),
      ...unsetFindings(project, choices),
      ...pathFindings(own?.path, flags.healthCheckPath),
      ...proposalFindings(proposedPath),
    ],
  };
}

function withoutFramework({ framework: _, ...choices }: GivenChoices): Partial<Choices> {
  return withoutUndefined(choices) as Partial<Choices>;
}

/** What a hook fills where the app's own list is out of reach of any variable: the settings are made to add it to the list. */
const addedHosts = { variable: 'EB_HOSTS', separator: 'comma', role: 'extra-hosts', hosts: [] } as const;

/** The choices that fit the app's allow-list.
 * @param variable the one that a flag or the hook names: its own setting is looked for first */
function propose(project: Project, variable: string | undefined, wires: boolean): Partial<Choices> {
  const named = project.settings.find((setting) => setting.variable === variable);
  if (wires && variable !== undefined && named === undefined) return addedHosts;
  const setting = named ?? project.settings[0];
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
function notWired(project: Project, variable: string): Finding {
  const place = project.settings[0];
  const read = project.settings.find(isReachable);
  const isCertain = place !== undefined && !['wildcard', 'unknown', 'metadata'].includes(place.source);
  const elsewhere = read !== undefined && !wouldLoseDomain(read);
  return finding(
    isCertain ? 'error' : 'info',
    'settings-not-wired',
    place ?? nowhere,
    `the hook fills ${variable}, ${unreadBecause(place, read, elsewhere)}`,
    elsewhere
      ? `run 'eb-hosts init --var ${read.variable}'`
      : isCertain
        ? "make the list read it: 'eb-hosts init --settings print' shows the change"
        : "'eb-hosts rehearse -- COMMAND' runs the app and shows whether it does",
  );
}

function unreadBecause(
  place: HostsSetting | undefined,
  read: HostsSetting | undefined,
  elsewhere: boolean,
): string {
  if (place === undefined || place.source === 'unknown')
    return 'and whether the app reads it cannot be seen in its files';
  if (read === undefined) return "and the app's allow-list does not read it";
  if (elsewhere) return `and the app reads ${read.variable}`;
  return `and the app reads only ${read.variable}, for one host: the address there would replace the site's own domain`;
}

/** What the head of the hook says against what the app (an error: the list would not be read) and the platform (a warning: it may
 * be recognised wrongly) say now. */
function differingFindings(project: Project, choices: Decision['choices']): Finding[] {
  const differs = (severity: Severity, message: string, flags: string) =>
    finding(
      severity,
      'choice-differs',
      { file: hookPath, line: null },
      `the hook is made with ${message}`,
      `run 'eb-hosts init' with ${flags}`,
    );
  const findings: Finding[] = [];
  const setting = project.settings.find(({ variable }) => variable === choices.variable);
  if (setting !== undefined && isReachable(setting)) {
    const { separator, role } = setting;
    const flags = `--separator ${separator} --role ${role}`;
    if (separator !== choices.separator) {
      findings.push(differs('error', `separator ${choices.separator}, the app reads ${separator}`, flags));
    }
    // Beside another variable that makes the list, or where nothing else does, an extra host locks nobody out.
    const isSafe =
      choices.role === 'extra-hosts' &&
      (setting.default?.length === 0 || project.settings.filter(isReachable).length > 1);
    if (role !== choices.role && !isSafe) {
      findings.push(differs('error', `role ${choices.role}, the app reads ${role}`, flags));
    }
  }
  const delivery = project.delivery;
  const { delivery: chosen } = choices;
  if (delivery !== null && chosen !== null && chosen !== delivery && chosen !== 'file') {
    const message = `delivery ${chosen}, the platform needs ${delivery}`;
    findings.push(differs('warning', message, `--delivery ${delivery}`));
  }
  return findings;
}

function unsetFindings(project: Project, { variable, role, hosts }: Decision['choices']): Finding[] {
  const isEmpty = hasEmptyList(project, variable);
  if (hosts.length > 0 || project.properties.includes(variable)) return [];
  if (role !== 'whole-list' && !isEmpty) return [];
  const unset = `where the environment property ${variable} is not set`;
  return [
    finding(
      // An app without a list refuses no host.
      project.settings[0] === undefined ? 'info' : 'warning',
      'no-default-hosts',
      { file: hookPath, line: null },
      role === 'whole-list'
        ? `${unset}, the hook writes nothing: the address alone would lock out your own domain`
        : `${unset}, the app admits the address alone and refuses your own domain: its own list is empty`,
      `set the property (eb setenv ${variable}=example.com), or give the hosts to start from: eb-hosts init --hosts example.com`,
    ),
  ];
}

/** Whether the app has no host of its own beside the variable. */
function hasEmptyList({ settings }: Project, variable: string): boolean {
  const [own, other] = settings;
  if (own === undefined || other !== undefined || own.default?.length !== 0) return false;
  return own.source === 'literal' || (own.variable === variable && own.role === 'whole-list');
}

function pathFindings(defined: HealthCheckOption | undefined, wanted: string | null | undefined): Finding[] {
  if (defined === undefined || typeof wanted !== 'string' || wanted === defined.value) return [];
  return [
    finding(
      'warning',
      'health-path-defined-elsewhere',
      defined,
      `the health-check path is already set to ${defined.value} here, so ${wanted} was not written a second time`,
      `change HealthCheckPath in ${defined.file}`,
    ),
  ];
}

function proposalFindings(path: string | null): Finding[] {
  if (path === null) return [];
  return [
    finding(
      'info',
      'health-path-found',
      nowhere,
      `the app has a health endpoint, ${path}, and .ebextensions set no path: the load balancer asks for / unless one is set elsewhere`,
      `eb-hosts init --health-check-path ${path}`,
    ),
  ];
}
