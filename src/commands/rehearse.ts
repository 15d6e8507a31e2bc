import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { Command, Option } from 'commander';
import { type ExitStatus, UserError, usage } from '../errors.ts';
import type { Finding } from '../findings.ts';
import { hookPath } from '../generated-paths.ts';
import type { GivenChoices } from '../hooks/choices.ts';
import { readRemembered } from '../hooks/choices.ts';
import { choose } from '../hooks/choose.ts';
import { checkDocker } from '../instance/app.ts';
import { type EnginePlatform, enginePlatforms, places, type Variables } from '../instance/engine.ts';
import { findNginx } from '../instance/nginx.ts';
import { type RehearsalPlan, rehearse, splitHosts } from '../instance/rehearsal.ts';
import type { CommonOptions, Invocation, Io, Output } from '../io.ts';
import { propertyNamespace } from '../option-namespaces.ts';
import { rehearsalJson, renderConclusion, renderPlan, renderStep } from '../output/rehearse.ts';
import { asTyped, printJson, styleFor } from '../output/text.ts';
import { runChecks } from '../project/checks/catalogue.ts';
import { readAskedPath } from '../project/ebextensions/health-options.ts';
import { optionValue } from '../project/ebextensions/option-settings.ts';
import { readDeployedCompose } from '../project/platform/compose.ts';
import { readProcfile } from '../project/platform/procfile.ts';
import { describeProject } from '../project/read-project.ts';
import { narrow } from '../project/snapshot.ts';
import { type Survey, survey } from '../project/survey.ts';
import { findRoot, takeSnapshot } from '../repository/take-snapshot.ts';
import { readWorkTreeFile } from '../repository/work-tree.ts';

interface RehearseRequest extends CommonOptions {
  readonly platform?: EnginePlatform;
  readonly property?: Variables;
  readonly configUpdate?: boolean;
  readonly imds: 'up' | 'down';
  readonly docker?: boolean;
  /** Null: nothing is started. */
  readonly command: readonly string[] | null;
}

export function rehearseCommand({ io, trailing, end }: Invocation): Command {
  const command = new Command('rehearse')
    .usage('[options] [-- COMMAND…]')
    .addOption(new Option('--platform <word>', 'what the environment runs on').choices(enginePlatforms))
    .option('--property <name=value>', 'an environment property; may be given several times', addProperty)
    .option('--config-update', 'then a configuration update; what --property sets counts for it alone')
    .addOption(new Option('--imds <word>', 'the metadata service').choices(['up', 'down']).default('up'))
    .option('--docker', 'build and start the containers of a Docker or Compose bundle instead of COMMAND')
    .addHelpText(
      'after',
      `
Runs the generated hooks in a scratch directory that stands for an instance, in
the engine's order. With COMMAND it starts the app as the instance would, and
asks it as the load balancer does, through the bundle's own nginx configuration
where nginx is installed.

COMMAND must listen on $PORT. Several words are a program and its arguments, in
which $PORT is replaced (quote it); a single quoted line is run by sh. The app
gets its environment properties, and of your shell's only what programs need to
be found. Your node_modules, vendor, .venv and venv are linked beside it.

Exit status: 0 if the health check would pass (without COMMAND and --docker: if
the address reached the app's environment), 1 if not, 2 wrong usage, 130
interrupted.

Examples
  eb-hosts rehearse
  eb-hosts rehearse -- gunicorn mysite.wsgi --bind '127.0.0.1:$PORT'
  eb-hosts rehearse --property SECRET_KEY=x -- 'npm run migrate && npm start'`,
    );
  return command.action(async () => {
    const options = command.optsWithGlobals<Omit<RehearseRequest, 'command'>>();
    if (trailing?.length === 0) throw usage('the command after -- is missing');
    if (trailing !== null && options.docker) {
      throw usage('--docker starts the bundle itself: leave out -- COMMAND');
    }
    end(await rehearseProject({ ...options, command: trailing }, io));
  });
}

function addProperty(text: string, given: Variables = new Map()): Variables {
  const equals = text.indexOf('=');
  if (equals < 1) throw usage(`--property takes NAME=VALUE, not '${text}'`);
  return new Map([...given, [text.slice(0, equals), text.slice(equals + 1)]]);
}

/** Exit status 0 if the address reached the app's environment and, where an app was started, the check would pass. */
async function rehearseProject(request: RehearseRequest, io: Io): Promise<ExitStatus> {
  checkMachine();
  const { root, movedFrom } = findRoot(io.cwd, request.cwd);
  const { plan, notes, proposal } = await readSubject(root, request, io);
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
  notes.forEach(note);
  print(renderPlan(plan, style));
  const rehearsal = await rehearse(plan, {
    signal: io.signal,
    onStep: (step) => print(renderStep(step, plan, style)),
    onStart: (output) => (io.stderr.isTTY && !request.quiet ? showStart(io.stderr, output) : () => {}),
  });
  if (rehearsal.checks.length > 0 && plan.unwired !== null) note(plan.unwired);
  if (request.json) printJson(io.stdout, rehearsalJson(rehearsal, plan));
  print(renderConclusion(rehearsal, plan, proposal, style, io.env));
  return rehearsal.passed ? 0 : 1;
}

/** Shows how long the app has been starting, and what it printed last. Not by the spinner of @clack/prompts: it ends the
 * process with status 0 on Ctrl-C. */
function showStart(stderr: Output, output: () => string): () => void {
  const start = Date.now();
  const timer = setInterval(() => {
    const line = stripVTControlCharacters(output().trimEnd().split('\n').at(-1) ?? '');
    const seconds = Math.floor((Date.now() - start) / 1000);
    stderr.write(`\r\x1b[K${(line || 'waiting for the app').slice(0, 60)} [${seconds}s]`);
  }, 500);
  return () => {
    clearInterval(timer);
    stderr.write('\r\x1b[K');
  };
}

/** @throws UserError `missing-program` */
function checkMachine(): void {
  const directories = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'];
  const isMissing = (program: string) =>
    !directories.some((directory) => existsSync(join(directory, program)));
  // What an instance has, macOS partly not, and Windows not at all.
  const missing = ['sh', 'curl', 'flock', 'install', 'sed', 'grep'].filter(isMissing).join(', ');
  if (missing === '') return;
  const message = `the hooks need ${missing}, not found in ${directories.join(', ')}`;
  const onLinux = process.platform === 'linux';
  const hint = onLinux ? `install ${missing}` : 'run it on Linux, in WSL, or in a Linux container';
  throw new UserError('missing-program', message, { hint });
}

/** Reads what a rehearsal needs of a repository: beside the plan what is to be told before it, and the command that would
 * start the app too.
 * @throws UserError `no-such-directory`, `bad-settings` */
async function readSubject(cwd: string, request: RehearseRequest, io: Io) {
  const snapshot = await takeSnapshot(cwd);
  const found = survey(snapshot);
  const { app, bundle } = found;
  const { root } = found.appRoot;
  const directory = join(cwd, root);
  // Git tells of its own listing what it leaves out, but for ignored hooks that are there all the same.
  const isShipped = (path: string) =>
    (bundle.maker === 'git-archive' && !path.startsWith('.platform/')) ||
    bundle.wouldShip(path).ships !== false;
  const paths = narrow(snapshot, root).paths.filter(isShipped);
  const dependencies = ['node_modules', 'vendor', '.venv', 'venv', 'env'].filter(
    (name) => existsSync(join(directory, name)) && !paths.some((path) => path.startsWith(`${name}/`)),
  );
  // On the disk, since a listing by git does not look through a link.
  const hook = readWorkTreeFile(directory, hookPath);
  const choices = hook === undefined ? undefined : readRemembered(hook.text, hookPath);
  const linked = request.command === null ? [] : dependencies;
  const plan: RehearsalPlan = {
    bundle: { directory, paths, dependencies: linked },
    ...emulated(found, request, io),
    ...expected(found, choices, request),
  };
  const notes: string[] = [];
  const isDeployed = paths.some((path) => path === hookPath || hookPath.startsWith(`${path}/`));
  if (choices === undefined) notes.push(`there is no ${hookPath} yet: 'eb-hosts init' makes it`);
  else if (!isDeployed) notes.push(`${hookPath} is not deployed: ${bundle.wouldShip(hookPath).because}`);
  if (choices?.delivery === 'file') {
    notes.push(`the app must read ${places.hostsList} itself; here its line is put into the environment`);
  }
  const volumes = new Set(readDeployedCompose(app)?.services.flatMap((service) => service.volumes));
  if (request.docker)
    notes.push('the containers are built, which may use the network, and removed in the end');
  if (request.docker && volumes.size > 0) {
    notes.push(`they use, and leave as they are: ${[...volumes].join(', ')}`);
  }
  return { plan, notes, proposal: proposeCommand(found) };
}

/** What is done, on what. */
function emulated({ ebextensions, platform: read, reading }: Survey, request: RehearseRequest, io: Io) {
  const own: Variables = new Map(
    ebextensions.options
      .filter(({ namespace, value }) => namespace === propertyNamespace && value !== null)
      .map(({ option, value }) => [option, value ?? '']),
  );
  const all = new Map([...own, ...(request.property ?? [])]);
  const deployed = { command: 'app-deploy', properties: request.configUpdate ? own : all } as const;
  const update = { command: 'config-deploy', properties: all } as const;
  const guess = reading.framework === 'django' ? 'python' : 'other';
  const platform = request.platform ?? (read.platform === 'unknown' ? guess : read.platform);
  const proxy = 'aws:elasticbeanstalk:environment:proxy';
  const server = optionValue(ebextensions.options, proxy, 'ProxyServer')?.value ?? 'nginx';
  const behindNginx = platform !== 'compose' && platform !== 'ecs' && server.toLowerCase() === 'nginx';
  const program = findNginx(io.env.PATH);
  const standard = platform === 'python' ? 8000 : read.language === 'node' ? 8080 : 5000;
  const instancePort = Number(all.get('PORT')) || standard;
  return {
    platform,
    deployments: request.configUpdate ? [deployed, update] : [deployed],
    metadata: request.imds,
    app: request.docker ? ('docker' as const) : request.command,
    behindNginx,
    nginx: behindNginx && program !== null ? { program, instancePort } : null,
    shellEnvironment: io.env,
  };
}

/** What the deployed app is asked, and measured by.
 * @param choices what the generated hook remembers; undefined without one */
function expected(found: Survey, choices: GivenChoices | undefined, { docker }: RehearseRequest) {
  const { settings } = found.reading;
  const variable = choices?.variable ?? settings[0]?.variable ?? null;
  const { path, admits } = readAskedPath(found.ebextensions);
  const ownHosts = (environment: Variables) => {
    const names = new Set([variable, ...settings.map((setting) => setting.variable)]);
    const set = siteNames([...names].flatMap((name) => splitHosts(environment.get(name ?? '') ?? '')));
    return set.length > 0 ? set : siteNames([...(choices?.hosts ?? []), ...(settings[0]?.default ?? [])]);
  };
  // What `doctor` says too: the list was read, and provably ignores the variable that the hook fills.
  const unwired = choices === undefined ? null : choose(describeProject(found), choices, {}).unwired;
  // Compose hands nothing of `.env` to a container by itself (developer guide, create_deploy_docker.container.console).
  const checked = found.platform.platform === 'compose' && !docker ? runChecks(found) : [];
  const gap = sentence(checked.find(({ code }) => code === 'compose-variable-not-passed'));
  return {
    variable,
    path,
    admits,
    ownHosts,
    gap,
    unwired: unwired?.severity === 'error' ? sentence(unwired) : null,
  };
}

/** Something a browser could be sent to: no pattern, no address of an instance. Five at most. */
function siteNames(hosts: readonly string[]): string[] {
  const names = hosts.map((host) => host.replace(/^\./, ''));
  const isName = (host: string) => /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i.test(host) && !/^[\d.]+$/.test(host);
  return [...new Set(names)].filter(isName).slice(0, 5);
}

function sentence(finding: Finding | undefined): string | null {
  if (finding === undefined) return null;
  return `${finding.file}:${finding.line}: ${finding.message} (${finding.fix})`;
}

/** What starts this app, as far as the repository says. */
function proposeCommand({ app, ebextensions, platform: { platform } }: Survey): string {
  if (platform === 'docker' || platform === 'compose') return 'eb-hosts rehearse --docker';
  const quoted = (line: string) =>
    `eb-hosts rehearse -- '${line.replace(/:\d{4,5}\b/, ':$PORT').replaceAll("'", "'\\''")}'`;
  const web = readProcfile(app).find(({ name }) => name === 'web')?.command;
  if (web !== undefined) return quoted(web);
  const wsgi = optionValue(ebextensions.options, 'aws:elasticbeanstalk:container:python', 'WSGIPath')?.value;
  if (wsgi) {
    return quoted(`gunicorn --bind 127.0.0.1:$PORT ${wsgi.replace(/\.py$/, '').replaceAll('/', '.')}`);
  }
  const manage = app.paths.find((path) => /^(?:[^/]+\/)?manage\.py$/.test(path));
  if (manage !== undefined) return quoted(`python ${manage} runserver --noreload 127.0.0.1:$PORT`);
  return "eb-hosts rehearse -- 'COMMAND that listens on $PORT'";
}
