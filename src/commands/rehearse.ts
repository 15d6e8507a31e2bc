import { accessSync, constants } from 'node:fs';
import { join, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { spinner } from '@clack/prompts';
import { type ExitStatus, UserError } from '../errors.ts';
import { confighookPath, hookPath, verifierConfighookPath, verifierPath } from '../generated-paths.ts';
import { checkDocker } from '../instance/containers.ts';
import type { EnginePlatform } from '../instance/emulated-instance.ts';
import { findNginx } from '../instance/nginx.ts';
import { type RehearsalPlan, rehearse } from '../instance/rehearsal.ts';
import type { Io } from '../io.ts';
import { usage } from '../options.ts';
import { asTyped } from '../output/as-typed.ts';
import { printJson } from '../output/json.ts';
import { rehearsalJson, renderConclusion, renderPlan, renderStep } from '../output/rehearse.ts';
import { styleFor } from '../output/style.ts';
import { expectations, propertiesOf, proposeCommand, proxyOf, volumesOf } from './rehearse-expectations.ts';
import { type RehearseRequest, readRehearseRequest } from './rehearse-options.ts';
import { dependenciesOf, readSubject, type Subject } from './rehearse-subject.ts';

export { help, options, takesCommand } from './rehearse-options.ts';

/** Exit status 0 if the address reached the app's environment and, where an app was started, the check would pass. */
export async function run(argv: readonly string[], io: Io): Promise<ExitStatus> {
  const request = readRehearseRequest(argv);
  checkMachine();
  const subject = await readSubject(resolve(io.cwd, request.cwd));
  const plan = planOf(subject, request, io);
  if (plan.app === 'docker') {
    if (plan.platform !== 'docker' && plan.platform !== 'compose') {
      throw usage('rehearse', `--docker is for Docker and Compose bundles, this is ${plan.platform}`);
    }
    await checkDocker(plan.platform, io.env);
  }
  const style = styleFor(io.stdout, io.env);
  const note = (text: string) => {
    if (!request.quiet) io.stderr.write(`note: ${asTyped(text, io.env)}\n`);
  };
  if (subject.choices === undefined) note(`there is no ${hookPath} yet: 'eb-hosts init' makes it`);
  else if (!isDeployed(hookPath, subject)) note(`${hookPath} is not deployed: ${subject.hookShipping()}`);

  if (!request.json) io.stdout.write(renderPlan(plan, volumesOf(subject), style));
  const rehearsal = await rehearse(plan, {
    signal: io.signal,
    onStep: (step) => {
      if (!request.json) io.stdout.write(renderStep(step, plan, style));
    },
    onStart: io.stderr.isTTY && !request.quiet ? showStart : () => () => {},
  });

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
  for (const program of ['sh', 'curl']) {
    if (!directories.some((directory) => isExecutable(join(directory, program)))) {
      throw new UserError(
        'missing-program',
        `the hooks need ${program}, which is not in ${directories.join(', ')}`,
        {
          hint: `install ${program}`,
        },
      );
    }
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const generatedHooks: readonly string[] = [hookPath, confighookPath, verifierPath, verifierConfighookPath];

function planOf(subject: Subject, request: RehearseRequest, io: Io): RehearsalPlan {
  const own = propertiesOf(subject.ebextensions);
  const all = new Map([...own, ...request.properties]);
  const appDeploy = { command: 'app-deploy', properties: request.configUpdate ? own : all } as const;
  const app = request.docker ? 'docker' : request.command;
  const proxy = proxyOf(subject, all);
  return {
    bundle: {
      directory: subject.directory,
      paths: app !== null || request.allHooks ? subject.shipped : filesOfHooks(subject),
      dependencies: request.command === null ? [] : dependenciesOf(subject),
    },
    platform: request.platform ?? enginePlatform(subject),
    deployments: [
      appDeploy,
      ...(request.twice ? [appDeploy] : []),
      ...(request.configUpdate ? [{ command: 'config-deploy', properties: all } as const] : []),
    ],
    runs: (hook) => request.allHooks || generatedHooks.includes(hook),
    requiredHook: hookPath,
    verifiers: [verifierPath, verifierConfighookPath],
    metadata: request.metadata,
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
function filesOfHooks({ shipped, app }: Subject): readonly string[] {
  const read = shipped.filter((path) => !path.includes('/') || path.startsWith('.platform/'));
  return read.some((path) => app.linkTarget(path) !== undefined) ? shipped : read;
}

function enginePlatform({ platform: { platform, language }, reading }: Subject): EnginePlatform {
  if (platform === 'unknown') return reading?.framework === 'django' ? 'python' : 'other';
  if (platform === 'other') return language === 'php' || language === 'tomcat' ? 'php' : 'other';
  return platform;
}
