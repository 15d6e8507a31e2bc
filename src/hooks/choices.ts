import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { UserError } from '../errors.ts';
import { parseMatcher } from '../matcher.ts';
import {
  type Framework,
  frameworks,
  type Role,
  roles,
  type Separator,
  separators,
} from '../project/project.ts';
import { readHead } from './head.ts';

export const deliveries = ['env-list', 'dotenv', 'systemd', 'file'] as const;
/** How the list reaches the app; decided by the platform when the hook is made, never on the instance. */
export type Delivery = (typeof deliveries)[number];

export const onFailures = ['fail', 'warn'] as const;
export const verifications = ['warn', 'fail', 'off'] as const;

/** Everything that decides what is generated. */
export interface Choices {
  readonly variable: string;
  readonly separator: Separator;
  readonly role: Role;
  /** The hosts the list starts from where the environment property is unset. */
  readonly hosts: readonly string[];
  readonly delivery: Delivery;
  readonly ipv6: boolean;
  readonly onFailure: (typeof onFailures)[number];
  readonly verify: (typeof verifications)[number];
  /** Null: the load balancer asks for `/`, and no `.ebextensions/eb-hosts.config` is written. */
  readonly healthCheckPath: string | null;
  /** Statuses that count as healthy: `200`, `200,301`, `200-299`. */
  readonly matcher: string;
  /** Name of the Elastic Beanstalk process, `aws:elasticbeanstalk:environment:process:<name>`. */
  readonly process: string;
}

/** Choices that somebody made, by flags or in the head of the hook; absent or undefined where nobody did. */
export type GivenChoices = { readonly [K in keyof Choices]?: Choices[K] | undefined } & {
  readonly framework?: Framework | undefined;
};

/** What is generated where nothing is known and nothing was chosen. */
export const defaultChoices: Choices = {
  variable: 'ALLOWED_HOSTS',
  separator: 'comma',
  role: 'whole-list',
  hosts: [],
  delivery: 'systemd',
  ipv6: false,
  onFailure: 'fail',
  verify: 'warn',
  healthCheckPath: null,
  matcher: '200',
  process: 'default',
};

/** Names that the shell, the loader or Elastic Beanstalk itself reads. */
const reservedVariable =
  /^(?:PATH|HOME|IFS|PORT|ENV|PWD|SHELL|LC_ALL|OPTIND|UID|EUID|PPID|SHELLOPTS|BASHOPTS|BASH_.*|LD_.*)$/;

/** Whether `host` can stand in an allow-list: no blanks, list separators or quotes, no URL and no flag. */
export function isHost(host: string): boolean {
  return /^(?!--)[^\s,;'"`$\\\p{Cc}]+$/u.test(host) && !host.includes('://');
}

/** Whether `path` begins with `/` and holds nothing that a URL or a shell reads in its own way. */
export function isPath(path: string): boolean {
  return /^\/[^\s'"\\`$\p{Cc}]*$/u.test(path);
}

/** A reader that refuses what is not right.
 * @param what what is expected, as in "Expected …" */
function expecting(what: string, isRight: (text: string) => boolean): (text: string) => string {
  return (text) => {
    if (!isRight(text)) throw new InvalidArgumentError(`Expected ${what}.`);
    return text;
  };
}

const readVariable = expecting(
  'the name of a variable that has no other meaning on the instance',
  (name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !reservedVariable.test(name),
);
const readProcess = expecting('the name of a process', (name) => /^[A-Za-z0-9_-]+$/.test(name));
const readStatuses = expecting(
  'statuses from 200 to 499, such as 200,301 or 200-299',
  (list) => parseMatcher(list) !== undefined,
);

/** Reads a path for the health check.
 * @throws InvalidArgumentError */
export const readPath = expecting('a path that begins with / and holds no spaces or quotes', isPath);

/** Reads hosts; an empty list is a choice too: no hosts to start from.
 * @throws InvalidArgumentError */
export function readHosts(list: string): readonly string[] {
  return list
    .split(',')
    .flatMap((host) => host.trim() || [])
    .map(expecting('host names, separated by commas', isHost));
}

/** The flags of `init` that decide what is generated: on the command line, and in the head of the hook. */
const optionsByChoice: Readonly<Record<keyof GivenChoices, Option>> = {
  variable: new Option(
    '--var <name>',
    'the variable with the allowed hosts (default: the one the settings read)',
  ).argParser(readVariable),
  separator: new Option('--separator <word>', 'how the app splits it').choices(separators),
  role: new Option('--role <word>', 'the variable is the list, or is added to it').choices(roles),
  hosts: new Option(
    '--hosts <a,b>',
    "the hosts to start from where the property is unset (default: the app's)",
  ).argParser(readHosts),
  delivery: new Option('--delivery <word>', 'how the list reaches the app; auto: by the platform').choices([
    'auto',
    ...deliveries,
  ]),
  ipv6: new Option('--ipv6', 'add the IPv6 address too'),
  onFailure: new Option('--on-failure <word>', 'whether a failure stops the deployment').choices(onFailures),
  verify: new Option('--verify <word>', 'what the check after a deployment does').choices(verifications),
  healthCheckPath: new Option(
    '--health-check-path <path>',
    'write it to .ebextensions/eb-hosts.config',
  ).argParser(readPath),
  matcher: new Option('--matcher <list>', 'the statuses that count as healthy, such as 200,301').argParser(
    (list: string) => readStatuses(list.replaceAll(/\s/g, '')),
  ),
  process: new Option('--process <name>', 'the Elastic Beanstalk process').argParser(readProcess),
  framework: new Option('--framework <word>', 'where it is not recognised').choices(frameworks),
};

export function addChoiceOptions(command: Command): Command {
  for (const option of Object.values(optionsByChoice)) command.addOption(option);
  return command;
}

/** The choices among the parsed flags. */
export function readChoices(command: Command): GivenChoices {
  const flags = command.opts();
  const choices: GivenChoices = Object.fromEntries(
    Object.entries(optionsByChoice).map(([choice, option]) => [choice, flags[option.attributeName()]]),
  );
  return flags.delivery === 'auto' ? { ...choices, delivery: undefined } : choices;
}

/** What was read from the app or the platform stands in the command even where it is the default. */
const alwaysNamed: readonly string[] = ['variable', 'separator', 'role', 'delivery'];

/** The words of the command line that makes the same choices again. */
export function writeChoices(choices: GivenChoices): string[] {
  const defaults: GivenChoices = defaultChoices;
  const words = Object.entries(optionsByChoice).flatMap(([name, { long }]) => {
    const choice = name as keyof GivenChoices;
    const value = choices[choice];
    if (value === undefined || (value === defaults[choice] && !alwaysNamed.includes(name))) return [];
    return value === true ? [String(long)] : [String(long), String(value)];
  });
  return ['npx', 'eb-hosts', 'init', ...words];
}

/** The choices in the head of a hook, read by the parser of the command line; none where it is none of ours.
 * @param file where it stands, for the message
 * @throws UserError `bad-settings` if somebody edited the command to what the command line refuses */
export function readRemembered(hook: string, file: string): GivenChoices {
  const command = addChoiceOptions(new Command('init')).exitOverride();
  command.configureOutput({ writeErr: () => {} });
  try {
    command.parse(readHead(hook)?.words.slice(3) ?? [], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    throw new UserError('bad-settings', `${file}: ${error.message.replace(/^error: /, '')}`, {
      hint: 'correct the command in its head, then run eb-hosts init again',
    });
  }
  return readChoices(command);
}
