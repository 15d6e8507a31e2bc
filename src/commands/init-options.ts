import { deliveries, type GivenChoices, onFailures, verifications } from '../hooks/choices.ts';
import { parseChoices } from '../hooks/flags.ts';
import { commonHelp, commonOptions, type OptionTable, parseOptions, usage } from '../options.ts';
import { type Framework, frameworks, roles, separators } from '../project/project.ts';

export const help = `eb-hosts init: generate the hooks that put each instance's private IP into
the allow-list
Results go to stdout, everything else to stderr.

Usage: eb-hosts init [OPTIONS]

Reads the project, shows what it would write, asks, and writes. Run it again to
upgrade: the choices are kept in the settings block of
.platform/hooks/predeploy/10_eb_hosts.sh.

What to write
  --var NAME           the environment variable with the allowed hosts; default:
                       the one that the app's settings read
  --separator WORD     ${separators.join('|')}: how the app splits
                       it; none: it holds one host
  --role WORD          whole-list: the variable is the allow-list;
                       extra-hosts: the app adds it to a list of its own
  --hosts A,B          the hosts to start from where the property is not set;
                       default: the app's own default
  --framework WORD     the app's framework, if it is not recognized:
                       ${frameworks.slice(0, 5).join('|')}|
                       ${frameworks.slice(5).join('|')}
  --settings WORD      print: show the lines that make a fixed list read
                       the variable (default); patch: put them in place
  --delivery WORD      ${deliveries.join('|')}: how the list
                       reaches the app; auto: found out on the instance
  --ipv6               add the IPv6 address too
  --on-failure WORD    fail: abort the deployment, the old app goes on
                       (default); warn: let it go on without the address
  --verify WORD        ${verifications.join('|')}: the check after each deployment
                       (default: warn)
  --health-check-path /PATH
                       write it to .ebextensions/eb-hosts.config
  --matcher LIST       the statuses that count as healthy, such as 200,301 or
                       200-299 (default: 200)
  --process NAME       the Elastic Beanstalk process (default: default)

How
  --dry-run            print the diff, write nothing
  --check              write nothing, exit 1 if something would change
  -y, --yes            do not ask
  --force              overwrite generated files that were edited by hand

${commonHelp}

Exit status: 0 written, or nothing to write; 1 an error remains, a file is in
the way, or with --check something would change; 2 wrong usage or an environment
that does not allow the work; 130 interrupted, or answered with no.

Examples
  eb-hosts init --dry-run
  eb-hosts init --yes --health-check-path /health/
  eb-hosts init --var DJANGO_ALLOWED_HOSTS --separator space --hosts example.com
`;

export const options = {
  ...commonOptions,
  var: { type: 'string' },
  separator: { type: 'string', values: separators },
  role: { type: 'string', values: roles },
  hosts: { type: 'string' },
  framework: { type: 'string', values: frameworks },
  settings: { type: 'string', values: ['print', 'patch'] },
  delivery: { type: 'string', values: ['auto', ...deliveries] },
  ipv6: { type: 'boolean' },
  'on-failure': { type: 'string', values: onFailures },
  verify: { type: 'string', values: verifications },
  'health-check-path': { type: 'string' },
  matcher: { type: 'string' },
  process: { type: 'string' },
  'dry-run': { type: 'boolean' },
  check: { type: 'boolean' },
  yes: { type: 'boolean', short: 'y' },
  force: { type: 'boolean' },
} as const satisfies OptionTable;

/** What the command line asks of `init`. */
export interface InitRequest {
  readonly choices: GivenChoices;
  readonly framework: Framework | undefined;
  readonly settings: 'print' | 'patch' | undefined;
  readonly mode: 'write' | 'dry-run' | 'check';
  readonly yes: boolean;
  readonly force: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly cwd: string;
}

/** @throws UserError `usage` for a flag that does not fit */
export function readInitRequest(argv: readonly string[]): InitRequest {
  const { values } = parseOptions('init', argv, options);
  if (values['dry-run'] && values.check) throw usage('init', '--dry-run and --check cannot be used together');
  return {
    choices: parseChoices(wordsOf(values), 'command line'),
    framework: values.framework,
    settings: values.settings,
    mode: values['dry-run'] ? 'dry-run' : values.check ? 'check' : 'write',
    yes: values.yes === true,
    force: values.force === true,
    json: values.json === true,
    quiet: values.quiet === true,
    cwd: values.cwd ?? '.',
  };
}

/** Until the command line is commander's own: the same words once more. */
function wordsOf(values: Readonly<Record<string, unknown>>): string[] {
  const flags = [
    'var',
    'separator',
    'role',
    'hosts',
    'delivery',
    'on-failure',
    'verify',
    'health-check-path',
    'matcher',
    'process',
    'framework',
  ];
  const words = flags.flatMap((flag) =>
    values[flag] === undefined ? [] : [`--${flag}`, String(values[flag])],
  );
  return values.ipv6 === true ? [...words, '--ipv6'] : words;
}
