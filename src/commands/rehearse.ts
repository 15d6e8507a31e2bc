import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { spinner } from '@clack/prompts';
import { Command, Option } from 'commander';
import { type ExitStatus, UserError, usage } from '../errors.ts';
import { confighookPath, hookPath, verifierConfighookPath, verifierPath } from '../generated-paths.ts';
import { checkDocker } from '../instance/containers.ts';
import { type EnginePlatform, enginePlatforms } from '../instance/emulated-instance.ts';
import { type MetadataMode, metadataModes } from '../instance/metadata-service.ts';
import { findNginx } from '../instance/nginx.ts';
import { type RehearsalPlan, rehearse } from '../instance/rehearsal.ts';
import type { CommonOptions, Invocation, Io } from '../io.ts';
import { rehearsalJson, renderConclusion, renderPlan, renderStep } from '../output/rehearse.ts';
import { asTyped, printJson, styleFor } from '../output/text.ts';
import { findRoot } from '../repository/take-snapshot.ts';
import {
  dependenciesOf,
  expectations,
  propertiesOf,
  proposeCommand,
  proxyOf,
  readSubject,
  type Subject,
  volumesOf,
} from './rehearse-subject.ts';

interface RehearseOptions extends CommonOptions {
  readonly platform?: EnginePlatform;
  readonly property?: ReadonlyMap<string, string>;
  readonly configUpdate?: boolean;
  readonly twice?: boolean;
  readonly allHooks?: boolean;
  readonly imds: MetadataMode;
  readonly docker?: boolean;
}

interface RehearseRequest extends RehearseOptions {
  /** Null: nothing is started. */
  readonly command: readonly string[] | null;
}

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
    .option('--twice', 'deploy twice, to see that nothing piles up')
    .option('--all-hooks', 'run your other hooks too. They run as you, on this machine: be sure what they do')
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
    const options = command.optsWithGlobals<RehearseOptions>();
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
async function rehearseProject(request: RehearseRequest, io: Io): Promise<ExitStatus> {
  checkMachine();
  const { root, movedFrom } = findRoot(io.cwd, request.cwd);
  const subject = await readSubject(root);
  const plan = planOf(subject, request, io);
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
  if (movedFrom !== null) note(`in ${root}, the root of what is deployed`);
  if (subject.choices === undefined) note(`there is no ${hookPath} yet: 'eb-hosts init' makes it`);
  else if (!isDeployed(hookPath, subject))
    note(`${hookPath} is not deployed: ${subject.found.bundle.wouldShip(hookPath).because}`);

  if (!request.json) io.stdout.write(renderPlan(plan, volumesOf(subject), style));
  const rehearsal = await rehearse(plan, {
    signal: io.signal,
    onStep: (step) => {
      if (!request.json) io.stdout.write(renderStep(step, plan, style));
    },
    onStart: io.stderr.isTTY && !request.quiet ? showStart : () => () => {},
  });

  if (rehearsal.checks.length > 0 && plan.unwired !== null) note(plan.unwired);
  if (request.json) printJson(io.stdout, rehearsalJson(rehearsal, plan));
  else io.stdout.write(renderConclusion(rehearsal, plan, proposeCommand(subject), style, io.env));
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
  throw new UserError(
    'missing-program',
    `the hooks need ${missing}, not found in ${directories.join(', ')}`,
    {
      hint: process.platform === 'darwin' ? 'run it on Linux, or in a Linux container' : `install ${missing}`,
    },
  );
}

const generatedHooks: readonly string[] = [hookPath, confighookPath, verifierPath, verifierConfighookPath];

function planOf(subject: Subject, request: RehearseRequest, io: Io): RehearsalPlan {
  const own = propertiesOf(subject);
  const all = new Map([...own, ...(request.property ?? [])]);
  const appDeploy = { command: 'app-deploy', properties: request.configUpdate ? own : all } as const;
  const app = request.docker === true ? 'docker' : request.command;
  const platform = request.platform ?? enginePlatform(subject);
  const proxy = proxyOf(subject, platform, all);
  return {
    bundle: {
      directory: subject.directory,
      paths: app !== null || request.allHooks ? subject.shipped : filesOfHooks(subject),
      dependencies: request.command === null ? [] : dependenciesOf(subject),
    },
    platform,
    deployments: [
      appDeploy,
      ...(request.twice ? [appDeploy] : []),
      ...(request.configUpdate ? [{ command: 'config-deploy', properties: all } as const] : []),
    ],
    runs: (hook) => request.allHooks === true || generatedHooks.includes(hook),
    requiredHook: hookPath,
    verifiers: [verifierPath, verifierConfighookPath],
    metadata: request.imds,
    app,
    proxy: proxy === null ? null : { ...proxy, program: findNginx(io.env.PATH) },
    shellEnvironment: io.env,
    ...expectations(subject),
  };
}

/** Whether the bundle holds the file, or a link on the way to it. */
function isDeployed(path: string, { shipped }: Subject): boolean {
  const parents = path.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'));
  return parents.some((parent) => shipped.includes(parent));
}

/** What the generated hooks look at: the root of the bundle and their own directory. Where nobody else reads, a large
 * repository need not be copied, unless a link there leads to the rest of it. */
function filesOfHooks({ shipped, found: { app } }: Subject): readonly string[] {
  const read = shipped.filter((path) => !path.includes('/') || path.startsWith('.platform/'));
  return read.some((path) => app.linkTarget(path) !== undefined) ? shipped : read;
}

function enginePlatform({ found }: Subject): EnginePlatform {
  const { platform, language } = found.platform;
  if (platform === 'unknown') return found.reading.framework === 'django' ? 'python' : 'other';
  if (platform === 'other') return language === 'php' || language === 'tomcat' ? 'php' : 'other';
  return platform;
}
