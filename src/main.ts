import module from 'node:module';
import { type ExitStatus, UserError } from './errors.ts';
import type { Io } from './io.ts';
import { nearest } from './nearest.ts';
import { printJson } from './output/json.ts';
import { styleFor } from './output/style.ts';
import { printable } from './output/wrap.ts';
import { packageVersion } from './package-root.ts';

/** A command: reads its own flags, calls the core, prints the result on `io.stdout`. */
export interface Command {
  readonly help: string;
  run(argv: readonly string[], io: Io): Promise<ExitStatus>;
}

/** Loaded on demand: a command pays only for its own modules. */
const commands: Record<string, () => Promise<Command>> = {
  doctor: () => import('./commands/doctor.ts'),
  'health-check': () => import('./commands/health-check.ts'),
  init: () => import('./commands/init.ts'),
  remove: () => import('./commands/remove.ts'),
  rehearse: () => import('./commands/rehearse.ts'),
  probe: () => import('./commands/probe.ts'),
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

Start with 'eb-hosts init --dry-run'; 'eb-hosts COMMAND --help' tells more.

Exit status: 0 done or clean, 1 findings or an unhealthy outcome, 2 wrong usage
or an environment that does not allow the work, 130 interrupted.
`;

/** Runs the command line. The only place that turns an error into words and a status.
 * @param argv the arguments after the program's name */
export async function main(argv: readonly string[], io: Io): Promise<ExitStatus> {
  const [name, ...rest] = argv;
  // Absent on Node 20. A rehearsal promises to leave nothing behind in the directory for temporary files.
  if (name !== 'rehearse') (module as { enableCompileCache?: () => void }).enableCompileCache?.();
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
  if (name === '--help' || name === '-h' || name === 'help') {
    io.stdout.write(help);
    return 0;
  }
  if (name === '--version') return printVersion(io);
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load === undefined) throw unknownCommand(name);
  const own = beforeTerminator(rest);
  if (own.includes('--version')) return printVersion(io);
  const command = await load();
  if (own.includes('--help') || own.includes('-h')) {
    io.stdout.write(command.help);
    return 0;
  }
  return command.run(rest, io);
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

function unknownCommand(name: string): UserError {
  const similar = nearest(name, Object.keys(commands));
  const kind = name.startsWith('-') ? 'option' : 'command';
  const message = `unknown ${kind} '${name}'${similar ? `, did you mean '${similar}'?` : ''}`;
  return new UserError('usage', message, { hint: "see 'eb-hosts --help'" });
}

function report(error: unknown, name: string | undefined, argv: readonly string[], io: Io): ExitStatus {
  const flags = beforeTerminator(argv);
  const known = error instanceof UserError;
  const message = error instanceof Error ? error.message : String(error);
  const code = known ? error.code : 'internal';
  const hint = known ? error.hint : 'this is a bug in eb-hosts: please report it with the stack above';
  if (!known || flags.includes('--debug')) {
    io.stderr.write(`${error instanceof Error ? (error.stack ?? message) : message}\n`);
  }
  if (flags.includes('--json')) {
    printJson(io.stdout, { command: name ?? null, ok: false, error: { code, message, hint } });
  } else {
    const style = styleFor(io.stderr, io.env);
    io.stderr.write(`${style('red', 'eb-hosts:')} ${printable(message)}\n`);
    if (hint !== null) io.stderr.write(`  ${printable(hint)}\n`);
  }
  return known ? error.status : 2;
}
