import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { spinner } from '@clack/prompts';
import { Command, Option } from 'commander';
import { type ExitStatus, UserError, usage } from '../errors.ts';
import { checkDocker } from '../instance/containers.ts';
import { enginePlatforms } from '../instance/emulated-instance.ts';
import { metadataModes } from '../instance/metadata-service.ts';
import { rehearse } from '../instance/rehearsal.ts';
import type { Io } from '../io.ts';
import { asTyped } from '../output/as-typed.ts';
import { printJson } from '../output/json.ts';
import { rehearsalJson, renderConclusion, renderPlan, renderStep } from '../output/rehearse.ts';
import { styleFor } from '../output/style.ts';
import { findRoot } from '../repository/take-snapshot.ts';
import type { CommonOptions, Invocation } from './invocation.ts';
import { type RehearseRequest, readSubject } from './rehearsal-plan.ts';

export function rehearseCommand({ io, trailing, end }: Invocation): Command {
  const command = new Command('rehearse')
    .usage('[options] [-- COMMAND…]')
    .addOption(
      new Option(
        '--platform <word>',
        'what the environment runs on (default: what the repository says); other: Node.js, Ruby, Go, …',
      ).choices(enginePlatforms),
    )
    .addOption(
      new Option(
        '--property <name=value>',
        'an environment property, beside those of .ebextensions; may be given several times',
      ).argParser(addProperty),
    )
    .option(
      '--config-update',
      'a configuration update after the deployment: the deployment has the properties of .ebextensions alone, the update those of --property too',
    )
    .addOption(
      new Option('--imds <word>', 'how the metadata service behaves').choices(metadataModes).default('up'),
    )
    .option(
      '--docker',
      "for Docker and Compose bundles: build and start the bundle's own containers instead of COMMAND",
    )
    .addHelpText(
      'after',
      `
Runs the generated hooks in a scratch directory that stands for an instance,
with an emulated metadata service, in the engine's order, and shows what they
print and which files they change. With COMMAND it starts the app with the
environment that the instance would give it, and asks it as the load balancer
does, through the bundle's own nginx configuration where nginx is installed.

COMMAND must listen on $PORT, a free loopback port. Several words are a program
and its arguments, in which $PORT is replaced (quote it, or your shell does
that); a single quoted line is run by sh. The app gets its environment
properties and nothing of your shell's but what programs need to be found. Your
own dependencies (node_modules, vendor, .venv, venv) are linked beside the
deployed files.

Exit status: 0 if the health check would pass (without COMMAND and --docker: if
the address reached the app's environment), 1 if not, 2 wrong usage, 130
interrupted.

Examples
  eb-hosts rehearse
  eb-hosts rehearse -- gunicorn mysite.wsgi --bind '127.0.0.1:$PORT'
  eb-hosts rehearse --property SECRET_KEY=x -- 'npm run migrate && npm start'`,
    );
  return command.action(async () => {
    const options = command.optsWithGlobals<Omit<RehearseRequest, 'command'> & CommonOptions>();
    if (trailing !== null) checkCommand(trailing);
    if (trailing !== null && options.docker) {
      throw usage('--docker starts the bundle itself: leave out -- COMMAND');
    }
    end(await rehearseProject({ ...options, command: trailing }, io));
  });
}

function addProperty(
  text: string,
  given: ReadonlyMap<string, string> = new Map(),
): ReadonlyMap<string, string> {
  const equals = text.indexOf('=');
  if (equals < 1) throw usage(`--property takes NAME=VALUE, not '${text}'`);
  if (text.includes('\0')) throw usage('--property cannot hold a NUL character');
  return new Map([...given, [text.slice(0, equals), text.slice(equals + 1)]]);
}

function checkCommand(command: readonly string[]): void {
  if (command.length === 0) throw usage('the command after -- is missing');
  const emptied = command.find((word) => /^(?:\S*(?:localhost|\d|\])):$/.test(word));
  if (emptied !== undefined) {
    throw usage(`'${emptied}' lacks its port: quote $PORT, else your shell replaces it by nothing`);
  }
}

/** Exit status 0 if the address reached the app's environment and, where an app was started, the check would pass. */
async function rehearseProject(request: RehearseRequest & CommonOptions, io: Io): Promise<ExitStatus> {
  checkMachine();
  const { root, movedFrom } = findRoot(io.cwd, request.cwd);
  const { plan, missing, volumes, proposal } = await readSubject(root, request, io);
  if (plan.app === 'docker') {
    if (plan.platform !== 'docker' && plan.platform !== 'compose') {
      throw usage(`--docker is for Docker and Compose bundles, this is ${plan.platform}`);
    }
    await checkDocker(plan.platform, io.env);
  }
  const style = styleFor(io.stdout, io.env);
  const note = (text: string) => {
    if (!request.quiet) io.stderr.write(`note: ${asTyped(text, io.env)}\n`);
  };
  const print = (text: string) => {
    if (!request.json) io.stdout.write(text);
  };
  if (movedFrom !== null) note(`in ${root}, the root of what is deployed`);
  if (missing !== null) note(missing);
  print(renderPlan(plan, volumes, style));
  const rehearsal = await rehearse(plan, {
    signal: io.signal,
    onStep: (step) => print(renderStep(step, plan, style)),
    onStart: io.stderr.isTTY && !request.quiet ? showStart : () => () => {},
  });
  if (rehearsal.checks.length > 0 && plan.unwired !== null) note(plan.unwired);
  if (request.json) printJson(io.stdout, rehearsalJson(rehearsal, plan));
  print(renderConclusion(rehearsal, plan, proposal, style, io.env));
  return rehearsal.passed ? 0 : 1;
}

/** Shows how long the app has been starting, and what it printed last. */
function showStart(output: () => string): () => void {
  const wheel = spinner({ output: process.stderr, indicator: 'timer', withGuide: false });
  // Clack ends the process with status 0 on Ctrl-C, and what was started is ended as it exits.
  const onExit = () => {
    process.exitCode = 130;
  };
  process.once('exit', onExit);
  wheel.start('waiting for the app');
  const timer = setInterval(() => {
    const line = stripVTControlCharacters(output().trimEnd().split('\n').at(-1) ?? '');
    wheel.message(line === '' ? 'waiting for the app' : line.slice(0, 60));
  }, 500);
  return () => {
    clearInterval(timer);
    process.off('exit', onExit);
    wheel.clear();
  };
}

/** @throws UserError `unsupported-platform`, `missing-program` */
function checkMachine(): void {
  if (process.platform === 'win32') {
    throw new UserError('unsupported-platform', 'rehearse runs shell scripts, which Windows does not', {
      hint: 'run it in WSL',
    });
  }
  const directories = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'];
  const isMissing = (program: string) =>
    !directories.some((directory) => existsSync(join(directory, program)));
  // What an instance has, and macOS partly not.
  const missing = ['sh', 'curl', 'flock', 'install', 'sed', 'grep'].filter(isMissing).join(', ');
  if (missing === '') return;
  const hint =
    process.platform === 'darwin' ? 'run it on Linux, or in a Linux container' : `install ${missing}`;
  throw new UserError(
    'missing-program',
    `the hooks need ${missing}, not found in ${directories.join(', ')}`,
    {
      hint,
    },
  );
}
