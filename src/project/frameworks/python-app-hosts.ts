import type { Deployment } from '../django/deployment.ts';
import { deploymentEnvironment } from '../django/hosts.ts';
import {
  type AskHosts,
  type HostsAnswer,
  type HostsReading,
  readHosts,
  type Touch,
} from '../django/hosts-expression.ts';
import type { HostsSetting } from '../project.ts';
import { type Program, type RunOptions, runModule } from '../python/program.ts';
import { type Dict, isObject, list as makeList, unknown, type Value } from '../python/value.ts';
import { lineAt } from './framework-reading.ts';

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

/** Where the hosts an app trusts come from; nothing for an app that trusts every Host header. */
export function readAppHosts(program: Program, modules: AppModules, deployment: Deployment): HostsSetting[] {
  if (modules.lists.length === 0) return [];
  const known = deploymentEnvironment(deployment);
  const settings = modules.files.slice(0, mostModules).flatMap((file) => {
    const read = ({ environment = new Map(), ...options }: RunOptions) =>
      readOnce(program, modules, file, { ...options, environment: new Map([...known, ...environment]) });
    return answersOf(read, modules.use.test(program.text(file) ?? '')).map((answer) =>
      toSetting(program, modules, file, answer),
    );
  });
  const key = ({ file, line, variable }: HostsSetting) => `${file}:${line}:${variable}`;
  return [...new Map(settings.map((setting) => [key(setting), setting])).values()];
}

/** A list in code that was not reached. */
const unread: HostsAnswer = {
  source: 'unknown',
  variable: null,
  separator: null,
  role: null,
  default: null,
  place: null,
};

function answersOf(read: (options: RunOptions) => HostsReading, mayHaveList: boolean): HostsAnswer[] {
  // Where no list is set every host is admitted: the same as a list with a wildcard.
  const ask: AskHosts = (options) => {
    const reading = read(options);
    return reading.value === undefined ? { ...reading, value: makeList(['*']) } : reading;
  };
  const answers = readHosts(ask);
  if (read({}).value !== undefined) return answers;
  const fromVariable = answers.filter((answer) => answer.source === 'environment');
  return fromVariable.length > 0 || !mayHaveList ? fromVariable : [unread];
}

/** The hosts one reading of an app's module gives: what the middleware is made with, or Flask's `TRUSTED_HOSTS`. */
function readOnce(
  program: Program,
  { lists, list }: AppModules,
  file: string,
  options: RunOptions,
): HostsReading {
  const configs: Dict[] = [];
  const touches: Touch[] = [];
  let value: Value | undefined;
  const reading = runModule(program, file, {
    ...options,
    callAfter: /^(create|make|get|build|init)_?(app|application)$|^app_factory$/,
    follows: (path) => lists.includes(path) || /config|setting|env|const|core|host|__init__/i.test(path),
    observe(callee, args, place) {
      const [config] = args.positional;
      if (callee === 'flask.config' && isObject(config, 'dict')) configs.push(config);
      const hosts = args.named.get('allowed_hosts');
      if (hosts === undefined || ![callee, ...args.positional].some(isTrustedHost)) return;
      value = hosts;
      touches.push({ place, binding: true, items: isObject(hosts, 'list') ? [...hosts.items] : [hosts] });
    },
  });
  const broken = reading.failures.some(({ file: path, from, to }) =>
    list.test((program.text(path) ?? '').slice(from, to)),
  );
  const trusted = configs.map(({ entries }) => entries.get('TRUSTED_HOSTS'));
  value ??= trusted.find((hosts) => hosts !== undefined && hosts !== null);
  if (broken) value ??= unknown(['raised']);
  const { reads, undecided, complete } = reading;
  return { value, reads, undecided, touches, complete, open: false, failures: reading.failures.length };
}

function isTrustedHost(value: Value): boolean {
  const path = isObject(value, 'external') ? value.path : value;
  return typeof path === 'string' && /(^|\.)TrustedHostMiddleware$/.test(path);
}

function toSetting(
  program: Program,
  modules: AppModules,
  file: string,
  { place, ...answer }: HostsAnswer,
): HostsSetting {
  const path = place?.file ?? file;
  const text = program.text(path) ?? '';
  return { file: path, line: lineAt(text, place?.from ?? Math.max(text.search(modules.list), 0)), ...answer };
}
