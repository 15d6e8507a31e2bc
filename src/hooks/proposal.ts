import { parseMatcher } from '../matcher.ts';
import type { HealthCheckOption, HostsSetting, Project } from '../project/project.ts';
import type { Choices } from './choices.ts';
import { isHost, isPath } from './validation.ts';

/** What was read from the project, as choices; a choice that nothing speaks for is absent. */
export type Proposal = Partial<Choices>;

/** What a hook fills where the app's own list is out of reach of any variable, or another makes it: the settings need a snippet then, which
 * adds to the list. */
export const addedHosts: Proposal = {
  variable: 'EB_HOSTS',
  separator: 'comma',
  role: 'extra-hosts',
  hosts: [],
};

/** The choices that fit the app's allow-list.
 * @param variable the variable that a flag or the hook names: its own setting is looked for first */
export function proposeHosts(project: Project, variable?: string): Proposal {
  const setting =
    project.settings.find((candidate) => candidate.variable === variable) ?? project.settings[0];
  if (setting === undefined) return {};
  // Named by a flag the user wants that very variable.
  if (!isReachable(setting) || (setting.variable !== variable && wouldLoseDomain(setting))) return addedHosts;
  return {
    variable: setting.variable,
    separator: setting.separator,
    role: setting.role,
    hosts: (setting.default ?? []).filter(isHost),
  };
}

/** Whether an environment variable reaches the list in a form that the hook can write. */
export function isReachable(
  setting: HostsSetting,
): setting is HostsSetting & { variable: string; separator: Choices['separator']; role: Choices['role'] } {
  return setting.variable !== null && setting.separator !== null && setting.role !== null;
}

/** Whether a variable that holds one host is there for the site's own domain: where it is the whole list, or holds a domain by
 * default. The address in its place would lock that out, and beside it there is no room. */
export function wouldLoseDomain({ separator, role, default: hosts }: HostsSetting): boolean {
  return separator === 'none' && (role === 'whole-list' || (hosts ?? []).some(isDomain));
}

/** Whether a host is a public name, of which the app is reached from outside. */
export function isDomain(host: string): boolean {
  return /\.[a-z][a-z-]+$/i.test(host) && !/\.(?:local|localhost|internal)$/i.test(host);
}

const processNamespace = /^aws:elasticbeanstalk:environment:process:(.+)$/;

/** The health check that the user's own `.ebextensions` defines; it is taken over and never defined twice. A value that
 * no hook could use (a template's placeholder, say) still counts as defined.
 * @param process the process that a flag or the hook names */
export function readOwnHealthCheck(
  options: readonly HealthCheckOption[],
  process: string | undefined,
): { path: HealthCheckOption; choices: Proposal } | undefined {
  const processOf = ({ namespace }: HealthCheckOption) => processNamespace.exec(namespace)?.[1];
  const paths = options.filter(
    (option) => option.option === 'HealthCheckPath' && processOf(option) !== undefined,
  );
  const path =
    paths.find((option) => processOf(option) === (process ?? 'default')) ??
    (process === undefined ? paths[0] : undefined);
  if (path === undefined) return undefined;
  const matcher = options.find(
    ({ namespace, option }) => namespace === path.namespace && option === 'MatcherHTTPCode',
  )?.value;
  return {
    path,
    choices: {
      healthCheckPath: isPath(path.value) ? path.value : null,
      matcher: matcher !== undefined && parseMatcher(matcher) !== undefined ? matcher : null,
      process: processOf(path) ?? 'default',
    },
  };
}
