import { type Command, Option } from 'commander';
import {
  type Delivery,
  deliveries,
  type OnFailure,
  onFailures,
  type Verification,
  verifications,
} from '../hooks/choices.ts';
import type { GivenChoices } from '../hooks/choose.ts';
import { checkHosts, checkMatcher, checkPath, checkProcess, checkVariable } from '../hooks/validation.ts';
import { type Role, roles, type Separator, separators } from '../project/project.ts';

/** What commander makes of the flags below; undefined: not given. */
export interface ChoiceOptions {
  readonly var?: string;
  readonly separator?: Separator;
  readonly role?: Role;
  readonly hosts?: readonly string[];
  readonly delivery?: Delivery;
  readonly ipv6?: boolean;
  readonly onFailure?: OnFailure;
  readonly verify?: Verification;
  readonly healthCheckPath?: string;
  readonly matcher?: string;
  readonly process?: string;
}

/** Adds the flags that decide what is generated, each with its check. */
export function addChoiceOptions(command: Command): Command {
  const options = [
    new Option(
      '--var <name>',
      "the variable with the allowed hosts (default: the one that the app's settings read)",
    ).argParser(checkVariable),
    new Option('--separator <word>', 'how the app splits it; none: it holds one host').choices(separators),
    new Option(
      '--role <word>',
      'whole-list: the variable is the allow-list; extra-hosts: the app adds it to a list of its own',
    ).choices(roles),
    new Option(
      '--hosts <a,b>',
      "the hosts to start from where the property is not set (default: the app's own default)",
    ).argParser(readHosts),
    new Option('--delivery <word>', 'how the list reaches the app').choices(deliveries),
    new Option('--ipv6', 'add the IPv6 address too'),
    new Option(
      '--on-failure <word>',
      'fail: abort the deployment, the old app goes on (the default); warn: let it go on without the address',
    ).choices(onFailures),
    new Option('--verify <word>', 'the check after each deployment (default: warn)').choices(verifications),
    new Option('--health-check-path </path>', 'write it to .ebextensions/eb-hosts.config').argParser(
      checkPath,
    ),
    new Option(
      '--matcher <list>',
      'the statuses that count as healthy, such as 200,301 or 200-299 (default: 200)',
    ).argParser(checkMatcher),
    new Option('--process <name>', 'the Elastic Beanstalk process (default: default)').argParser(
      checkProcess,
    ),
  ];
  for (const option of options) command.addOption(option);
  return command;
}

/** The choices that were given. */
export function readChoices({ var: variable, ...options }: ChoiceOptions): GivenChoices {
  const { separator, role, hosts, delivery, ipv6, onFailure, verify, healthCheckPath, matcher, process } =
    options;
  return {
    variable,
    separator,
    role,
    hosts,
    delivery,
    ipv6,
    onFailure,
    verify,
    healthCheckPath,
    matcher,
    process,
  };
}

/** An empty list is a choice too: no hosts to start from. */
function readHosts(list: string): readonly string[] {
  const hosts = list.split(',').map((host) => host.trim());
  return checkHosts(hosts.filter((host) => host !== ''));
}
