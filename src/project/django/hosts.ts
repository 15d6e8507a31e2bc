import { classAttribute } from '../python/call.ts';
import { type Program, type Reading, type RunOptions, runModule } from '../python/program.ts';
import { isObject, type Scope, type Value } from '../python/value.ts';
import type { Deployment } from './deployment.ts';
import {
  type AskHosts,
  type HostsAnswer,
  type HostsReading,
  readHosts,
  type Touch,
} from './hosts-expression.ts';

const setting = 'ALLOWED_HOSTS';

/** Where a settings module's ALLOWED_HOSTS comes from, the answer that governs production first.
 * @param className the django-configurations class in charge, if there is one
 * @param unset what the app takes for a variable that the environment leaves unset, from a file of its own */
export function readAllowedHosts(
  program: Program,
  file: string,
  className: string | null,
  deployment: Deployment,
  unset: (name: string) => string | undefined = () => undefined,
): HostsAnswer[] {
  const known = deploymentEnvironment(deployment);
  const ask: AskHosts = (options) => {
    const asked = [...(options.environment ?? [])].map(
      ([name, value]) => [name, value ?? unset(name)] as const,
    );
    const environment = new Map([...known, ...asked]);
    return askOnce(program, file, className, { ...options, environment });
  };
  return readHosts(ask);
}

function askOnce(
  program: Program,
  file: string,
  className: string | null,
  options: RunOptions,
): HostsReading {
  const touches: Touch[] = [];
  let seen: { value: Value | undefined; version: number } = { value: undefined, version: 0 };
  const reading = runModule(program, file, {
    ...options,
    afterStatement(scope, place, importing) {
      const value = hostsIn(scope, className);
      const version = isObject(value, 'list') ? value.version : 0;
      if (value === undefined || (value === seen.value && version === seen.version)) return;
      const binding = value !== seen.value;
      seen = { value, version };
      if (!importing)
        touches.push({ place, binding, items: isObject(value, 'list') ? [...value.items] : [value] });
    },
  });
  return {
    value: settingOf(reading, setting, className),
    reads: reading.reads,
    undecided: reading.undecided,
    touches,
    complete: reading.complete,
    // A file that cannot be read may hold the list.
    open: reading.open || reading.files.some((path) => program.text(path) === undefined),
    failures: reading.failures.length,
  };
}

function hostsIn(scope: Scope, className: string | null): Value | undefined {
  // What a class holds is the list only where django-configurations takes it from there.
  if ((scope.kind === 'class') !== (className !== null)) return undefined;
  return scope.names.get(setting);
}

/** A setting's value after all statements; from the class in charge where there is one. */
export function settingOf(reading: Reading, name: string, className: string | null): Value | undefined {
  const type = className === null ? undefined : reading.names.get(className);
  return isObject(type, 'class') ? classAttribute(type, name) : reading.names.get(name);
}

/** The variables whose value the deployment's files tell; a reference to something else tells nothing. */
export function deploymentEnvironment({ variables }: Deployment): Map<string, string> {
  const told = variables.filter(({ value }) => !/[$`{]/.test(value));
  return new Map(told.toReversed().map(({ name, value }) => [name, value]));
}
