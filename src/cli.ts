import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { type ExitStatus, UserError, usage } from './errors.ts';
import type { Io } from './io.ts';
import { asTyped, printable, printableLine, printJson, styleFor } from './output/text.ts';
import { packageVersion } from './package-root.ts';

/** Runs the command line. The only place that turns an error into words and a status.
 * @param argv the arguments after the program's name */
export async function main(argv: readonly string[], io: Io): Promise<ExitStatus> {
  const terminator = argv.indexOf('--');
  const typed = terminator === -1 ? argv : argv.slice(0, terminator);
  const trailing = terminator === -1 ? null : argv.slice(terminator + 1);
  let status: ExitStatus = 0;
  const end = (ended: ExitStatus) => {
    status = ended;
  };
  // The version needs none of the commands, which take most of the time of a start.
  const loaded = typed.includes('--version') ? undefined : await import('./commands/commands.ts');
  const commands = loaded?.createCommands({ io, trailing, end }) ?? [];
  const isCommand = (word: string) => commands.some((command) => command.name() === word);
  const command = typed.find((word, index) => typed[index - 1] !== '--cwd' && isCommand(word));
  try {
    if (trailing !== null && command !== 'rehearse') throw usage("only 'rehearse' takes a command after --");
    await createProgram(io, commands).parseAsync([...typed], { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    // The help stands on stderr already.
    if (error instanceof CommanderError && error.code === 'commander.help' && !wantsJson(typed)) return 2;
    return report(asUserError(error), command, typed, io);
  }
}

/** The program with its common options and these commands. */
export function createProgram(io: Io, commands: readonly Command[]): Command {
  const program = new Command('eb-hosts')
    .description('Health checks that pass the host allow-list on AWS Elastic Beanstalk.')
    .usage('[options] <command>')
    .option('--cwd <dir>', 'work in this directory instead of the current one', directoryName)
    .option('--json', 'print exactly one JSON document on stdout, also on failure')
    .option('-q, --quiet', 'print results only')
    .option('--debug', 'print the stack of a failure')
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'print the help of the program or a command')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      // report() prints it.
      outputError: () => {},
      getOutHelpWidth: () => 80,
      getErrHelpWidth: () => 80,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride()
    .addHelpText('after', overview);
  for (const command of commands) {
    // addCommand does not hand the settings down.
    for (const one of [command, ...command.commands]) one.copyInheritedSettings(program);
    program.addCommand(command);
  }
  return program;
}

/** With an unset variable in a script (`--cwd "$DIR"`) the command would work in the current directory. */
function directoryName(word: string): string {
  if (word === '') throw new InvalidArgumentError('It is empty.');
  return word;
}

const overview = `
Results go to stdout, everything else to stderr.
Start with 'eb-hosts init --dry-run'.

Exit status: 0 done or clean, 1 findings or an unhealthy outcome, 2 wrong usage
or an environment that does not allow the work, 130 interrupted.`;

/** Commander's errors are wrong usage, in one line. */
export function asUserError(error: unknown): unknown {
  if (!(error instanceof CommanderError)) return error;
  if (error.code === 'commander.help') return usage('no command is given');
  return usage(error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' '));
}

function report(error: unknown, command: string | undefined, typed: readonly string[], io: Io): ExitStatus {
  const { code, message, hint, status } = describeError(error, command);
  if (code === 'internal' || typed.includes('--debug'))
    io.stderr.write(`${error instanceof Error ? (error.stack ?? message) : message}\n`);
  if (wantsJson(typed)) {
    const verb = command ?? typed.find((word) => !word.startsWith('-')) ?? null;
    printJson(io.stdout, { command: verb, ok: false, error: { code, message, hint } });
  } else {
    // A user's file name may hold a line break, and a failure is one line.
    io.stderr.write(`${styleFor(io.stderr, io.env)('red', 'eb-hosts:')} ${printableLine(message)}\n`);
    if (hint !== null) io.stderr.write(`  ${asTyped(printable(hint), io.env)}\n`);
  }
  return status;
}

type Failure = Pick<UserError, 'code' | 'message' | 'hint' | 'status'>;

function describeError(error: unknown, command: string | undefined): Failure {
  if (!(error instanceof UserError)) {
    const message = error instanceof Error ? error.message : String(error);
    const hint = 'this is a bug in eb-hosts: please report it with the stack above';
    return { code: 'internal', message, hint, status: 2 };
  }
  const { code, message, status } = error;
  const help = `see 'eb-hosts ${command === undefined ? '' : `${command} `}--help'`;
  return { code, message, hint: error.hint ?? (code === 'usage' ? help : null), status };
}

/** `--format json` is another name of `--json`. */
function wantsJson(typed: readonly string[]): boolean {
  return /(?:^| )--(?:json|format[= ]json)(?: |$)/.test(typed.join(' '));
}
