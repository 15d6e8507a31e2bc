import type { Command, CommandTable } from './command.ts';
import type { ErrorCode } from './error-codes.ts';
import { type ExitStatus, UserError } from './errors.ts';
import type { Io } from './io.ts';
import { didYouMean } from './nearest.ts';
import { asTyped } from './output/as-typed.ts';
import { printJson } from './output/json.ts';
import { styleFor } from './output/style.ts';
import { fitHelp, printable, printableLine } from './output/wrap.ts';
import { packageVersion } from './package-root.ts';

const commands: CommandTable = {
  init: () => import('./commands/init.ts'),
  remove: () => import('./commands/remove.ts'),
  doctor: () => import('./commands/doctor.ts'),
  rehearse: () => import('./commands/rehearse.ts'),
  probe: () => import('./commands/probe.ts'),
  'health-check': () => import('./commands/health-check.ts'),
  completion: async () => (await import('./commands/completion.ts')).completionOf(commands, help),
};

const help = `eb-hosts: health checks that pass the host allow-list on AWS Elastic Beanstalk
Results go to stdout, everything else to stderr.

Usage: eb-hosts COMMAND [OPTIONS]

Commands
  init          generate the hooks that put each instance's private IP into the
                allow-list
  remove        take out what init wrote
  doctor        say what in the repository, or in AWS, makes the check fail
  rehearse      run the coming deployment on this machine, without AWS
  probe         ask a URL as the load balancer does, and explain the answer
  health-check  show, set or unset the path through the Elastic Beanstalk API
  completion    print the script that completes commands and flags in bash, zsh
                or fish

Examples
  eb-hosts init --dry-run
  eb-hosts doctor
  eb-hosts rehearse -- 'gunicorn mysite.wsgi --bind 127.0.0.1:$PORT'

Start with 'eb-hosts init --dry-run'; see 'eb-hosts COMMAND --help' for more.
Options go after the command; -h, --help and --version need none.

Exit status: 0 done or clean, 1 findings or an unhealthy outcome, 2 wrong usage
or an environment that does not allow the work, 130 interrupted.
`;

/** Runs the command line. The only place that turns an error into words and a status.
 * @param argv the arguments after the program's name */
export async function main(argv: readonly string[], io: Io): Promise<ExitStatus> {
  const [name, ...rest] = argv;
  try {
    return await dispatch(name, rest, io);
  } catch (error) {
    return report(error, name, argv, io);
  }
}

async function dispatch(name: string | undefined, rest: readonly string[], io: Io): Promise<ExitStatus> {
  if (name === undefined) {
    io.stderr.write(help);
    return 2;
  }
  if (name === '--version') return printVersion(io);
  if (name === '--help' || name === '-h' || name === 'help') {
    const about = rest.find((word) => !word.startsWith('-'));
    return printHelp(about === undefined ? { help } : await load(about), io);
  }
  const own = beforeTerminator(rest);
  const command = await load(name);
  if (own.includes('--version')) return printVersion(io);
  if (own.includes('--help') || own.includes('-h')) return printHelp(command, io);
  return command.run(rest, io);
}

/** @throws UserError `usage` if there is no such command */
async function load(name: string): Promise<Command> {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) throw unknownCommand(name);
  return command();
}

function printHelp({ help: text }: Pick<Command, 'help'>, io: Io): ExitStatus {
  io.stdout.write(fitHelp(text, io.stdout.columns));
  return 0;
}

function printVersion(io: Io): ExitStatus {
  io.stdout.write(`${packageVersion()}\n`);
  return 0;
}

/** What stands before `--`: the rest belongs to another program. */
function beforeTerminator(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end === -1 ? argv : argv.slice(0, end);
}

/** `--format json` is another name of `--json`. */
function wantsJson(flags: readonly string[]): boolean {
  if (flags.includes('--json') || flags.includes('--format=json')) return true;
  return flags.some((flag, index) => flag === '--format' && flags[index + 1] === 'json');
}

function unknownCommand(name: string): UserError {
  const isOption = name.startsWith('-');
  const known = isOption ? ['--help', '--version'] : [...Object.keys(commands), 'help'];
  const message = `unknown ${isOption ? 'option' : 'command'} '${name}'${didYouMean(name, known)}`;
  const hint = isOption ? "options go after the command: see 'eb-hosts --help'" : "see 'eb-hosts --help'";
  return new UserError('usage', message, { hint });
}

function report(error: unknown, name: string | undefined, argv: readonly string[], io: Io): ExitStatus {
  const flags = beforeTerminator(argv);
  const known = error instanceof UserError;
  const message = error instanceof Error ? error.message : String(error);
  const code: ErrorCode = known ? error.code : 'internal';
  const hint = known ? error.hint : 'this is a bug in eb-hosts: please report it with the stack above';
  if (!known || flags.includes('--debug')) {
    io.stderr.write(`${error instanceof Error ? (error.stack ?? message) : message}\n`);
  }
  if (wantsJson(flags)) {
    printJson(io.stdout, { command: name ?? null, ok: false, error: { code, message, hint } });
  } else {
    const style = styleFor(io.stderr, io.env);
    // A name of the user's may hold a line break, and a failure is one line.
    const told = known ? printableLine(message) : printable(message);
    io.stderr.write(`${style('red', 'eb-hosts:')} ${told}\n`);
    if (hint !== null) io.stderr.write(`  ${asTyped(printable(hint), io.env)}\n`);
  }
  return known ? error.status : 2;
}
