import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { UserError } from '../errors.ts';
import { parseMatcher } from '../matcher.ts';
import { frameworks, roles, separators } from '../project/project.ts';
import {
  type Choices,
  defaultChoices,
  deliveries,
  type GivenChoices,
  onFailures,
  verifications,
} from './choices.ts';
import { readHead } from './head.ts';

/** Names that the shell, the loader or Elastic Beanstalk itself reads. */
const reservedVariable =
  /^(?:PATH|HOME|IFS|PORT|ENV|PWD|SHELL|LC_ALL|OPTIND|UID|EUID|PPID|SHELLOPTS|BASHOPTS|BASH_.*|LD_.*)$/;

function variableName(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    throw new InvalidArgumentError('It is not the name of a variable.');
  if (reservedVariable.test(name)) throw new InvalidArgumentError('It has another meaning on the instance.');
  return name;
}

/** Whether `host` can stand in an allow-list: no blanks, list separators or quotes, and no URL. */
export function isHost(host: string): boolean {
  return /^[^\s,;'"`$\\\p{Cc}]+$/u.test(host) && !host.includes('://');
}

/** Reads hosts; an empty list is a choice too: no hosts to start from.
 * @throws InvalidArgumentError */
export function hostList(list: string): readonly string[] {
  const hosts = list.split(',').flatMap((host) => host.trim() || []);
  const wrong = hosts.find((host) => !isHost(host));
  if (wrong !== undefined) throw new InvalidArgumentError(`'${wrong}' is not a host name.`);
  return hosts;
}

/** Whether `path` begins with `/` and holds nothing that a URL or a shell reads in its own way. */
export function isPath(path: string): boolean {
  return /^\/[^\s'"\\`$\p{Cc}]*$/u.test(path);
}

/** Reads a path for the health check.
 * @throws InvalidArgumentError */
export function healthCheckPath(path: string): string {
  if (!isPath(path)) throw new InvalidArgumentError('A path begins with / and holds no spaces or quotes.');
  return path;
}

function matcherText(matcher: string): string {
  if (parseMatcher(matcher) === undefined) {
    throw new InvalidArgumentError('Expected statuses from 200 to 499, such as 200,301 or 200-299.');
  }
  return matcher.replaceAll(/\s/g, '');
}

function processName(name: string): string {
  if (!/^[A-Za-z0-9_-]+$/.test(name)) throw new InvalidArgumentError('It is not the name of a process.');
  return name;
}

/** The flags of `init` that decide what is generated: on the command line, and in the head of the hook. */
export function addChoiceOptions(command: Command): Command {
  return command
    .option(
      '--var <name>',
      'the variable with the allowed hosts (default: the one the settings read)',
      variableName,
    )
    .addOption(new Option('--separator <word>', 'how the app splits it').choices(separators))
    .addOption(new Option('--role <word>', 'the variable is the list, or is added to it').choices(roles))
    .option(
      '--hosts <a,b>',
      "the hosts to start from where the property is unset (default: the app's)",
      hostList,
    )
    .addOption(
      new Option('--delivery <word>', 'how the list reaches the app; auto: by the platform').choices([
        'auto',
        ...deliveries,
      ]),
    )
    .option('--ipv6', 'add the IPv6 address too')
    .addOption(
      new Option('--on-failure <word>', 'whether a failure stops the deployment').choices(onFailures),
    )
    .addOption(new Option('--verify <word>', 'what the check after a deployment does').choices(verifications))
    .option('--health-check-path <path>', 'write it to .ebextensions/eb-hosts.config', healthCheckPath)
    .option('--matcher <list>', 'the statuses that count as healthy, such as 200,301', matcherText)
    .option('--process <name>', 'the Elastic Beanstalk process', processName)
    .addOption(new Option('--framework <word>', 'where it is not recognised').choices(frameworks));
}

/** The choices among the parsed flags. */
export function readChoices(command: Command): GivenChoices {
  const {
    var: variable,
    delivery,
    ...rest
  } = command.opts<
    Omit<GivenChoices, 'delivery'> & { var?: string; delivery?: Choices['delivery'] | 'auto' }
  >();
  const { separator, role, hosts, ipv6, onFailure, verify, matcher, process, framework } = rest;
  return {
    variable,
    separator,
    role,
    hosts,
    delivery: delivery === 'auto' ? undefined : delivery,
    ipv6,
    onFailure,
    verify,
    healthCheckPath: rest.healthCheckPath,
    matcher,
    process,
    framework,
  };
}

/** The words of the command line that makes the same choices again: what was read from the app is always named, the rest
 * where it differs from its default. */
export function writeChoices(choices: GivenChoices): string[] {
  const words = ['npx', 'eb-hosts', 'init'];
  const add = (flag: string, value: string | undefined, normal?: string | null) => {
    if (value !== undefined && value !== normal) words.push(flag, value);
  };
  add('--var', choices.variable);
  add('--separator', choices.separator);
  add('--role', choices.role);
  add('--hosts', choices.hosts?.join(','));
  add('--delivery', choices.delivery);
  if (choices.ipv6 === true) words.push('--ipv6');
  add('--on-failure', choices.onFailure, defaultChoices.onFailure);
  add('--verify', choices.verify, defaultChoices.verify);
  add('--health-check-path', choices.healthCheckPath ?? undefined);
  add('--matcher', choices.matcher, defaultChoices.matcher);
  add('--process', choices.process, defaultChoices.process);
  add('--framework', choices.framework);
  return words;
}

/** The choices in the head of a hook, read by the parser of the command line; none where it is none of ours.
 * @param file where it stands, for the message
 * @throws UserError `bad-settings` if somebody edited the command to what the command line refuses */
export function readRemembered(hook: string, file: string): GivenChoices {
  return parseChoices(readHead(hook)?.words.slice(3) ?? [], file);
}

/** @param argv the flags of an `init` */
function parseChoices(argv: readonly string[], file: string): GivenChoices {
  const command = addChoiceOptions(new Command('init'))
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  try {
    command.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    throw new UserError('bad-settings', `${file}: ${error.message.replace(/^error: /, '')}`, {
      hint: 'correct the command in its head, then run eb-hosts init again',
    });
  }
  return readChoices(command);
}
