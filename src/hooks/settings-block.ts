import { UserError } from '../errors.ts';
import { roles, separators } from '../project/project.ts';
import { type Choices, deliveries, onFailures, verifications } from './choices.ts';
import { checkHosts, checkMatcher, checkPath, checkProcess, checkVariable } from './validation.ts';

const begin = '# >>> eb-hosts settings';
const end = '# <<< eb-hosts settings';

/** One line of the block: how a choice is written, and how it is read back. */
interface Entry {
  readonly name: string;
  readonly comment: string;
  write(choices: Choices): string;
  read(value: string): Partial<Choices>;
}

const entries: readonly Entry[] = [
  {
    name: 'VARIABLE',
    comment: 'the environment variable that the app reads its allowed hosts from',
    write: (choices) => choices.variable,
    read: (value) => ({ variable: checkVariable(value) }),
  },
  {
    name: 'SEPARATOR',
    comment: `how the app splits it: ${separators.join(', ')} (one host only)`,
    write: (choices) => choices.separator,
    read: (value) => ({ separator: pick(value, separators) }),
  },
  {
    name: 'ROLE',
    comment: 'whole-list: it is the allow-list; extra-hosts: the app adds it to a list of its own',
    write: (choices) => choices.role,
    read: (value) => ({ role: pick(value, roles) }),
  },
  {
    name: 'HOSTS',
    comment: 'the hosts to start from where the property is not set, separated by blanks',
    write: (choices) => choices.hosts.join(' '),
    read: (value) => ({ hosts: checkHosts(value.split(' ').filter((host) => host !== '')) }),
  },
  {
    name: 'HOSTS_FROM',
    comment: "app: read again from the app's own default by each eb-hosts init; flag: given by hand",
    write: (choices) => choices.hostsFrom,
    read: (value) => ({ hostsFrom: pick(value, ['app', 'flag']) }),
  },
  {
    name: 'DELIVERY',
    comment: `how it reaches the app: ${deliveries.join(', ')}`,
    write: (choices) => choices.delivery,
    read: (value) => ({ delivery: pick(value, deliveries) }),
  },
  {
    name: 'IPV6',
    comment: 'on: add the IPv6 address too, if there is one',
    write: (choices) => (choices.ipv6 ? 'on' : 'off'),
    read: (value) => ({ ipv6: pick(value, ['on', 'off']) === 'on' }),
  },
  {
    name: 'ON_FAILURE',
    comment: 'fail: abort the deployment before the running app is touched; warn: let it go on',
    write: (choices) => choices.onFailure,
    read: (value) => ({ onFailure: pick(value, onFailures) }),
  },
  {
    name: 'VERIFY',
    comment: 'what a failing check after the deployment does: warn, fail, or off (no check)',
    write: (choices) => choices.verify,
    read: (value) => ({ verify: pick(value, verifications) }),
  },
  {
    name: 'HEALTH_CHECK_PATH',
    comment: 'the path that the load balancer asks for; empty: /',
    write: (choices) => choices.healthCheckPath ?? '',
    read: (value) => ({ healthCheckPath: value === '' ? null : checkPath(value) }),
  },
  {
    name: 'MATCHER',
    comment: 'the statuses that count as healthy, such as 200,301 or 200-299; empty: 200',
    write: (choices) => choices.matcher ?? '',
    read: (value) => ({ matcher: value === '' ? null : checkMatcher(value) }),
  },
  {
    name: 'PROCESS',
    comment: 'the Elastic Beanstalk process that is checked',
    write: (choices) => choices.process,
    read: (value) => ({ process: checkProcess(value) }),
  },
];

/** The names of the settings in the predeploy hook's block, the memory of `init`. */
export const hookSettings: readonly string[] = entries.map((entry) => entry.name);

/** The settings that the verifier needs; its block is generated from the hook's. */
export const verifierSettings: readonly string[] = [
  'VARIABLE',
  'SEPARATOR',
  'DELIVERY',
  'IPV6',
  'VERIFY',
  'HEALTH_CHECK_PATH',
  'MATCHER',
  'PROCESS',
];

/** The block as shell assignments, without a line break at its end. */
export function renderSettingsBlock(choices: Choices, names: readonly string[]): string {
  const lines = entries
    .filter((entry) => names.includes(entry.name))
    .flatMap((entry) => [`# ${entry.comment}`, `${entry.name}='${entry.write(choices)}'`]);
  return [begin, ...lines, end].join('\n');
}

/** Where the block stands in a file's text: from the first character of its first line to the end of its last. */
export function findSettingsBlock(text: string): { start: number; end: number } | undefined {
  const start = text.search(new RegExp(`^${begin}$`, 'm'));
  if (start === -1) return undefined;
  const length = text.slice(start).search(new RegExp(`^${end}$`, 'm'));
  return length === -1 ? undefined : { start, end: start + length + end.length };
}

/** Reads the choices back from a hook that people may have edited: parsed and validated, never run.
 * A setting that an older version did not know is absent.
 * @param file named in errors
 * @returns undefined if the text has no settings block
 * @throws UserError `bad-settings` with file and line */
export function parseSettingsBlock(text: string, file: string): Partial<Choices> | undefined {
  const normalized = text.replaceAll('\r\n', '\n');
  const block = findSettingsBlock(normalized);
  if (block === undefined) return undefined;
  const firstLine = normalized.slice(0, block.start).split('\n').length;
  let choices: Partial<Choices> = {};
  for (const [index, line] of normalized.slice(block.start, block.end).split('\n').entries()) {
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue;
    choices = { ...choices, ...parseSetting(line, `${file}:${firstLine + index}`) };
  }
  return choices;
}

function parseSetting(line: string, place: string): Partial<Choices> {
  const match = /^([A-Z0-9_]+)=(?:'([^']*)'|"([^"$`\\]*)"|([\w./:,@%+-]*))\s*(?:#.*)?$/.exec(line);
  const entry = entries.find(({ name }) => name === match?.[1]);
  if (match === null || entry === undefined) {
    throw new UserError('bad-settings', `${place}: not a setting of eb-hosts: ${line.trim()}`, {
      hint: `write NAME='value' with one of ${hookSettings.join(', ')}`,
    });
  }
  try {
    return entry.read(match[2] ?? match[3] ?? match[4] ?? '');
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError('bad-settings', `${place}: ${entry.name}: ${error.message}`, {
      hint: 'correct the setting, then run eb-hosts init again',
    });
  }
}

function pick<const T extends string>(value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw new UserError('usage', `takes ${allowed.join('|')}, not '${value}'`);
  return found;
}
