import { Command, CommanderError } from 'commander';
import { type ErrorCode, type ExitStatus, UserError, usage } from './errors.ts';
import type { Io } from './io.ts';
import { asTyped } from './output/as-typed.ts';
import { printJson } from './output/json.ts';
import { styleFor } from './output/style.ts';
import { printable, printableLine } from './output/wrap.ts';
import { packageVersion } from './package-root.ts';

/** What each command does, for the help. */
const descriptions: Readonly<Record<string, string>> = {
  init: "generate the hooks that put each instance's private IP into the allow-list",
  remove: 'take out exactly what init wrote',
  doctor: "everything that makes, or would make, the load balancer's health check fail",
  rehearse: 'run the coming deployment on this machine, without AWS',
  probe: "send the load balancer's health check, and explain the answer",
  'health-check': 'show, set or unset the path of the health check through the Elastic Beanstalk API',
};

/** Runs the command line. The only place that turns an error into words and a status.
 * @param argv the arguments after the program's name */
export async function main(argv: readonly string[], io: Io): Promise<ExitStatus> {
  const terminator = argv.indexOf('--');
  const typed = terminator === -1 ? argv : argv.slice(0, terminator);
  const trailing = terminator === -1 ? null : argv.slice(terminator + 1);
  let status: ExitStatus = 0;
  const invocation = {
    io,
    trailing,
    end: (ended: ExitStatus) => {
      status = ended;
    },
  };
  const isCommand = (word: string) => Object.hasOwn(descriptions, word);
  const command = typed.find((word, index) => typed[index - 1] !== '--cwd' && isCommand(word));
  const { commands } = command === undefined ? { commands: {} } : await import('./commands/commands.ts');
  const listed = Object.entries(descriptions).map(([name, description]) =>
    (commands[name]?.(invocation) ?? new Command(name)).description(description),
  );
  const program = createProgram(io, listed);
  try {
    if (trailing !== null && command !== 'rehearse') throw usage("only 'rehearse' takes a command after --");
    await program.parseAsync([...typed], { from: 'user' });
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
    .option('--cwd <dir>', 'work in this directory instead of the current one')
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
    .hook('preAction', (_, command) => checkValues(command))
    .addHelpText('after', overview);
  for (const command of commands) inherit(program, command);
  return program;
}

const overview = `
Results go to stdout, everything else to stderr.
Start with 'eb-hosts init --dry-run'.

Exit status: 0 done or clean, 1 findings or an unhealthy outcome, 2 wrong usage
or an environment that does not allow the work, 130 interrupted.`;

/** addCommand does not hand the settings down. */
function inherit(parent: Command, command: Command): void {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) child.copyInheritedSettings(parent);
  parent.addCommand(command);
}

/** Commander takes the next word for a value, whatever it is: an unset variable in a script (`--cwd $DIR --yes`) must not
 * turn a flag into one.
 * @throws UserError `usage` */
function checkValues(command: Command): void {
  for (const [name, value] of Object.entries(command.optsWithGlobals())) {
    const isFlag = [value].flat().some((word) => typeof word === 'string' && word.startsWith('--'));
    if (isFlag || (name === 'cwd' && value === ''))
      throw usage(`option '--${name.replace(/[A-Z]/g, '-$&').toLowerCase()}' needs a value`);
  }
}

/** Commander's errors are wrong usage, in one line. */
export function asUserError(error: unknown): unknown {
  if (!(error instanceof CommanderError)) return error;
  if (error.code === 'commander.help') return usage('no command is given');
  return usage(error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' '));
}

function report(error: unknown, command: string | undefined, typed: readonly string[], io: Io): ExitStatus {
  const known = error instanceof UserError;
  const message = error instanceof Error ? error.message : String(error);
  const code: ErrorCode = known ? error.code : 'internal';
  const hint = known
    ? hintOf(error, command)
    : 'this is a bug in eb-hosts: please report it with the stack above';
  if (!known || typed.includes('--debug')) {
    io.stderr.write(`${error instanceof Error ? (error.stack ?? message) : message}\n`);
  }
  if (wantsJson(typed)) {
    const verb = command ?? typed.find((word) => !word.startsWith('-')) ?? null;
    printJson(io.stdout, { command: verb, ok: false, error: { code, message, hint } });
  } else {
    const style = styleFor(io.stderr, io.env);
    // A user's file name may hold a line break, and a failure is one line.
    const text = known ? printableLine(message) : printable(message);
    io.stderr.write(`${style('red', 'eb-hosts:')} ${text}\n`);
    if (hint !== null) io.stderr.write(`  ${asTyped(printable(hint), io.env)}\n`);
  }
  return known ? error.status : 2;
}

function hintOf({ code, hint }: UserError, command: string | undefined): string | null {
  if (code !== 'usage') return hint;
  return hint ?? `see 'eb-hosts ${command === undefined ? '' : `${command} `}--help'`;
}

/** `--format json` is another name of `--json`. */
function wantsJson(typed: readonly string[]): boolean {
  return /(?:^| )--(?:json|format[= ]json)(?: |$)/.test(typed.join(' '));
}
