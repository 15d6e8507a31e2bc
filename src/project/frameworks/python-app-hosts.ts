import { describeHosts, everyHost, type HostList, toSetting } from '../django/hosts.ts';
import type { HostsSetting } from '../project.ts';
import { type Program, passModule, runSurely } from '../python/program.ts';
import { parseJson } from '../python/text.ts';
import {
  type Arguments,
  type Class,
  dict,
  isObject,
  lift,
  lineageOf,
  list,
  native,
  plain,
  type Run,
  readVariable,
  unknown,
  type Value,
} from '../python/value.ts';
import { lineAt, unknownHosts } from './framework-reading.ts';

/** The modules of an app that is not Django's, and how its list of trusted hosts is recognised. */
export interface AppModules {
  /** Those that make the app or its list. */
  readonly files: readonly string[];
  /** Those that speak of a list of hosts. */
  readonly lists: readonly string[];
  readonly list: RegExp;
  /** A list that is set, for all we know. */
  readonly use: RegExp;
}

const mostModules = 8;
const hostsName = 'hosts';

/** Where an app's list of trusted hosts comes from, and which paths it answers without it. */
interface AppHosts {
  /** Nothing for an app that trusts every Host header. */
  readonly settings: HostsSetting[];
  readonly answersBeforeHost: ((path: string) => boolean) | undefined;
}

export function readAppHosts(
  program: Program,
  modules: AppModules,
  deployed: ReadonlyMap<string, string>,
): AppHosts {
  if (modules.lists.length === 0) return { settings: [], answersBeforeHost: undefined };
  const read = modules.files.slice(0, mostModules).map((file) => readOnce(program, modules, file, deployed));
  const settings = read.flatMap((one) => one.settings);
  const key = ({ file, line, variable }: HostsSetting) => `${file}:${line}:${variable}`;
  return {
    settings: [...new Map(settings.map((setting) => [key(setting), setting])).values()],
    answersBeforeHost: read.find(({ answersBeforeHost }) => answersBeforeHost !== undefined)
      ?.answersBeforeHost,
  };
}

/** What one module of the app, and what it imports, makes of the list. */
function readOnce(
  program: Program,
  { lists, list: listPattern, use }: AppModules,
  file: string,
  deployed: ReadonlyMap<string, string>,
): AppHosts {
  const touches: HostList['touches'][number][] = [];
  let checker: Class | undefined;
  const pass = passModule(program, file, {
    deployed,
    // Where no list is set every host is admitted: the same as a list with a wildcard.
    collected: new Map([[hostsName, everyHost]]),
    callAfter: /^(create|make|get|build|init)_?(app|application)$|^app_factory$/,
    follows: (one) =>
      lists.includes(one) || /config|setting|env|const|core|host|middleware|__init__/i.test(one),
    observe(run, callee, args, place) {
      const value = trustedHosts(run, callee, args) ?? flaskHosts(run, callee, args);
      if (value === undefined || value === null) return;
      run.collected.set(hostsName, value);
      if (run.known !== null) return;
      touches.push({ place, binding: true, value });
      checker = [...args.positional].find((one) => isObject(one, 'class') && isTrustedHost(one)) as
        | Class
        | undefined;
    },
  });
  const textOf = (one: string) => program.text(one) ?? '';
  const lineOf = (one: string) => lineAt(textOf(one), Math.max(textOf(one).search(listPattern), 0));
  if (touches.length === 0) {
    const isBroken = pass.run.failures.some((one) =>
      listPattern.test(textOf(one.file).slice(one.from, one.to)),
    );
    // A list in code that was not reached.
    const isOpen = isBroken || use.test(textOf(file));
    return { settings: isOpen ? [unknownHosts(file, lineOf(file))] : [], answersBeforeHost: undefined };
  }
  const hosts = { pass, value: pass.run.collected.get(hostsName), touches, open: false };
  const settings = describeHosts(hosts).map((answer) => toSetting(program, answer, file, lineOf(file)));
  const type = checker;
  return { settings, answersBeforeHost: type && ((path) => letsThrough(pass.run, type, path)) };
}

/** The hosts that Starlette's middleware, or a class of the project on top of it, is made with. */
function trustedHosts(_run: Run, callee: string, { positional, named }: Arguments): Value | undefined {
  const hosts = named.get('allowed_hosts');
  return hosts !== undefined && [callee, ...positional].some(isTrustedHost) ? hosts : undefined;
}

function isTrustedHost(value: Value): boolean {
  if (isObject(value, 'class'))
    return lineageOf(value).some(({ bases }) =>
      bases.some((base) => isObject(base, 'external') && isTrustedHost(base)),
    );
  const path = isObject(value, 'external') ? value.path : value;
  return typeof path === 'string' && /(^|\.)TrustedHostMiddleware$/.test(path);
}

/** What a Flask app's configuration is told of `TRUSTED_HOSTS`. */
function flaskHosts(run: Run, callee: string, { positional, named }: Arguments): Value | undefined {
  const method = /^flask\.Flask\(\)\.config(?:\[\]|\.(\w+))$/.exec(callee);
  if (method === null) return undefined;
  const [first, second] = positional;
  switch (method[1]) {
    case undefined:
    case 'setdefault':
      return first === 'TRUSTED_HOSTS' ? second : undefined;
    case 'update':
    case 'from_mapping':
      return (
        named.get('TRUSTED_HOSTS') ??
        (isObject(first, 'dict') ? first.entries.get('TRUSTED_HOSTS') : undefined)
      );
    case 'from_object': {
      const source = typeof first === 'string' ? importDotted(run, first) : (first ?? null);
      const value = isObject(source, 'dependent') ? unknown() : run.attribute(source, 'TRUSTED_HOSTS');
      return isObject(value, 'unknown') && value.origins.size === 0 ? undefined : value;
    }
    case 'from_prefixed_env': {
      const prefix = first ?? named.get('prefix') ?? 'FLASK';
      const before = run.collected.get(hostsName) ?? everyHost;
      // As JSON, or as the text it is (`Config.from_prefixed_env`).
      return lift(run, [readVariable(run, `${String(prefix)}_TRUSTED_HOSTS`, () => before)], ([value]) =>
        typeof value === 'string' ? (parseJson(value) ?? value) : value,
      );
    }
    default:
      return undefined;
  }
}

function importDotted(run: Run, name: string): Value {
  const dot = name.lastIndexOf('.');
  const module = run.importModule(name, 0, '') ?? run.importModule(name.slice(0, Math.max(dot, 0)), 0, '');
  if (module === undefined) return unknown();
  return module.names.get(name.slice(dot + 1)) ?? module;
}

/** Whether a class on top of Starlette's middleware passes a request for the path on without asking it. */
function letsThrough(run: Run, type: Class, path: string): boolean {
  let isPassed = false;
  const app = native('app', () => {
    isPassed = true;
    return null;
  });
  const headers = list([list(['host', '10.0.1.5'], 'tuple')]);
  const request = dict([
    ['type', 'http'],
    ['method', 'GET'],
    ['path', path],
    ['headers', headers],
  ]);
  const self = { kind: 'instance', class: type, names: new Map<string, Value>([['app', app]]) } as const;
  const { isSure } = runSurely(run, () =>
    run.call(run.attribute(self, '__call__'), plain(request, unknown(), unknown()), type.scope),
  );
  return isPassed && isSure;
}
