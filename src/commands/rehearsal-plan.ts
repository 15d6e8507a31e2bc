import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from '../findings.ts';
import { hookPath } from '../generated-paths.ts';
import type { GivenChoices } from '../hooks/choices.ts';
import { choose } from '../hooks/choose.ts';
import { readRemembered } from '../hooks/flags.ts';
import type { EnginePlatform, Variables } from '../instance/emulated-instance.ts';
import type { MetadataMode } from '../instance/metadata-service.ts';
import { findNginx } from '../instance/nginx.ts';
import type { RehearsalPlan } from '../instance/rehearsal.ts';
import type { Io } from '../io.ts';
import { parseMatcher } from '../matcher.ts';
import { propertyNamespace } from '../option-namespaces.ts';
import { runChecks } from '../project/checks/catalogue.ts';
import { optionValue } from '../project/ebextensions/option-settings.ts';
import { readDeployedCompose } from '../project/platform/compose.ts';
import { readProcfile } from '../project/platform/procfile.ts';
import { describeProject } from '../project/read-project.ts';
import { narrow } from '../project/snapshot.ts';
import { type Survey, survey } from '../project/survey.ts';
import { takeSnapshot } from '../repository/take-snapshot.ts';
import { readWorkTreeFile } from '../repository/work-tree.ts';

/** What the command line says of a rehearsal. */
export interface RehearseRequest {
  readonly platform?: EnginePlatform;
  readonly property?: ReadonlyMap<string, string>;
  readonly configUpdate?: boolean;
  readonly imds: MetadataMode;
  readonly docker?: boolean;
  /** Null: nothing is started. */
  readonly command: readonly string[] | null;
}

/** What a repository says of its rehearsal. */
export interface Subject {
  readonly plan: RehearsalPlan;
  /** Why the hook would not run; null if it would. */
  readonly missing: string | null;
  /** Bind mounts and volumes of the person's own, which the containers use. */
  readonly volumes: readonly string[];
  /** The command that would start the app too. */
  readonly proposal: string;
}

/** Reads what a rehearsal needs of a repository.
 * @throws UserError `no-such-directory`, `bad-settings` */
export async function readSubject(cwd: string, request: RehearseRequest, io: Io): Promise<Subject> {
  const snapshot = await takeSnapshot(cwd);
  const found = survey(snapshot);
  const { app, bundle, ebextensions } = found;
  const { root } = found.appRoot;
  const directory = join(cwd, root);
  // Git tells of its own listing what it leaves out, but for ignored hooks that are there all the same.
  const isShipped = (path: string) =>
    (bundle.maker === 'git-archive' && !path.startsWith('.platform/')) ||
    bundle.wouldShip(path).ships !== false;
  const shipped = narrow(snapshot, root).paths.filter(isShipped);
  // On the disk, since a listing by git does not look through a link.
  const hook = readWorkTreeFile(directory, hookPath);
  const choices = hook === undefined ? undefined : readRemembered(hook.text, hookPath);
  const own: Variables = new Map(
    ebextensions.options
      .filter(({ namespace, value }) => namespace === propertyNamespace && value !== null)
      .map(({ option, value }) => [option, value ?? '']),
  );
  const all = new Map([...own, ...(request.property ?? [])]);
  const deployed = { command: 'app-deploy', properties: request.configUpdate ? own : all } as const;
  const platform = request.platform ?? enginePlatform(found);
  const dependencies = ['node_modules', 'vendor', '.venv', 'venv', 'env'].filter(
    (name) => existsSync(join(directory, name)) && !shipped.some((path) => path.startsWith(`${name}/`)),
  );
  const plan: RehearsalPlan = {
    bundle: { directory, paths: shipped, dependencies: request.command === null ? [] : dependencies },
    platform,
    deployments: request.configUpdate
      ? [deployed, { command: 'config-deploy', properties: all }]
      : [deployed],
    metadata: request.imds,
    app: request.docker ? 'docker' : request.command,
    proxy: proxyOf(found, platform, all, io),
    shellEnvironment: io.env,
    ...expectations(found, choices),
  };
  const isDeployed = shipped.some((path) => path === hookPath || hookPath.startsWith(`${path}/`));
  const compose = platform === 'compose' ? readDeployedCompose(app) : undefined;
  let missing = isDeployed ? null : `${hookPath} is not deployed: ${bundle.wouldShip(hookPath).because}`;
  if (choices === undefined) missing = `there is no ${hookPath} yet: 'eb-hosts init' makes it`;
  return {
    plan,
    missing,
    volumes: [...new Set(compose?.services.flatMap(({ volumes }) => volumes))],
    proposal: proposeCommand(found),
  };
}

function enginePlatform({ platform: { platform }, reading }: Survey): EnginePlatform {
  if (platform === 'unknown') return reading.framework === 'django' ? 'python' : 'other';
  return platform;
}

/** The proxy that stands before the app: none with Compose and ECS, or where it is switched off. */
function proxyOf(
  { ebextensions, platform: { language } }: Survey,
  platform: EnginePlatform,
  properties: Variables,
  io: Io,
): RehearsalPlan['proxy'] {
  const namespace = 'aws:elasticbeanstalk:environment:proxy';
  const server = optionValue(ebextensions.options, namespace, 'ProxyServer')?.value ?? '';
  if (platform === 'compose' || platform === 'ecs' || /^(?:none|apache)$/i.test(server)) return null;
  const standard = platform === 'python' ? 8000 : language === 'node' ? 8080 : 5000;
  return { program: findNginx(io.env.PATH), instancePort: Number(properties.get('PORT')) || standard };
}

/** What the deployed app is to be asked, and measured by.
 * @param choices what the generated hook remembers; undefined without one */
function expectations(
  found: Survey,
  choices: GivenChoices | undefined,
): Pick<RehearsalPlan, 'variable' | 'path' | 'matcher' | 'ownHosts' | 'gap' | 'unwired'> {
  const { settings } = found.reading;
  const variable = choices?.variable ?? settings[0]?.variable ?? null;
  const namespace = `aws:elasticbeanstalk:environment:process:${choices?.process ?? 'default'}`;
  const option = (name: string) => optionValue(found.ebextensions.options, namespace, name)?.value;
  const paths = [option('HealthCheckPath'), choices?.healthCheckPath];
  const matcher = parseMatcher(option('MatcherHTTPCode') ?? choices?.matcher ?? '200');
  // What `doctor` says too: the list was read, and provably ignores the variable that the hook fills.
  const decision = choices === undefined ? null : choose(describeProject(found), choices, {}, true);
  const isUnwired = ({ code, severity }: Finding) => code === 'settings-not-wired' && severity === 'error';
  // Compose hands nothing of `.env` to a container by itself (developer guide, create_deploy_docker.container.console).
  const checked = found.platform.platform === 'compose' ? runChecks(found) : [];
  return {
    variable,
    path: paths.find((path) => path && /^\/[\x21-\x7e]*$/.test(path)) ?? '/',
    matcher: matcher ?? [{ from: 200, to: 200 }],
    ownHosts: (environment) => {
      const names = new Set([variable, ...settings.map((setting) => setting.variable)]);
      const listed = [...names].map((name) => environment.get(name ?? '') ?? '');
      const set = siteNames(listed.flatMap((list) => list.split(/[\s,;"'[\]]+/)));
      return set.length > 0 ? set : siteNames([...(choices?.hosts ?? []), ...(settings[0]?.default ?? [])]);
    },
    gap: sentence(checked.find(({ code }) => code === 'compose-variable-not-passed')),
    unwired: sentence(decision?.findings.find(isUnwired)),
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
