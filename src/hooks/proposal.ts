import type { HealthCheckOption, HostsSetting, Project } from '../project/project.ts';
import type { Choices } from './choices.ts';
import { isHost } from './validation.ts';

/** What was read from the project, as choices; a choice that nothing speaks for is absent. */
export type Proposal = Partial<Choices>;

/** The variable that a hook fills where the app's own list is out of reach of any: the settings need a snippet then. */
export const ownVariable = 'EB_HOSTS';

/** The choices that fit the app's allow-list.
 * @param variable the variable that a flag names: its own setting is looked for first */
export function proposeHosts(project: Project, variable?: string): Proposal {
  const setting =
    project.settings.find((candidate) => candidate.variable === variable) ?? project.settings[0];
  if (setting === undefined) return {};
  if (!isReachable(setting))
    return { variable: ownVariable, separator: 'comma', role: 'extra-hosts', hosts: [] };
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

const isPath = (option: HealthCheckOption): option is HealthCheckOption & { value: string } =>
  option.option === 'HealthCheckPath' && option.value !== null && processNamespace.test(option.namespace);

const processNamespace = /^aws:elasticbeanstalk:environment:process:(.+)$/;

/** The health check that the user's own `.ebextensions` defines; it is taken over and never defined twice.
 * @param process the process that a flag or the hook names */
export function readOwnHealthCheck(
  options: readonly HealthCheckOption[],
  process: string | undefined,
): { path: HealthCheckOption & { value: string }; process: string; matcher: string | null } | undefined {
  const paths = options.filter(isPath);
  const processOf = (option: HealthCheckOption) => processNamespace.exec(option.namespace)?.[1] ?? '';
  const path =
    process === undefined
      ? (paths.find((option) => processOf(option) === 'default') ?? paths[0])
      : paths.find((option) => processOf(option) === process);
  if (path === undefined) return undefined;
  const matcher = options.find(
    ({ namespace, option }) => namespace === path.namespace && option === 'MatcherHTTPCode',
  );
  return { path, process: processOf(path), matcher: matcher?.value ?? null };
}
