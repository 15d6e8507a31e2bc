import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { hookPath } from '../generated-paths.ts';
import type { GivenChoices } from '../hooks/choices.ts';
import { readRemembered } from '../hooks/choices.ts';
import { choose } from '../hooks/choose.ts';
import type { EnginePlatform, Variables } from '../instance/emulated-instance.ts';
import type { RehearsalPlan } from '../instance/rehearsal.ts';
import { type Matcher, parseMatcher } from '../matcher.ts';
import { propertyNamespace } from '../option-namespaces.ts';
import { optionValue } from '../project/ebextensions/option-settings.ts';
import { readDeployedCompose } from '../project/platform/compose.ts';
import { readProcfile } from '../project/platform/procfile.ts';
import type { Separator } from '../project/project.ts';
import { describeProject } from '../project/read-project.ts';
import { narrow } from '../project/snapshot.ts';
import { type Survey, survey } from '../project/survey.ts';
import { takeSnapshot } from '../repository/take-snapshot.ts';
import { readWorkTreeFile } from '../repository/work-tree.ts';

/** What is rehearsed. */
export interface Subject {
  /** The app root, absolute. */
  readonly directory: string;
  /** The files of the bundle, relative to it. */
  readonly shipped: readonly string[];
  readonly found: Survey;
  /** What the generated hook remembers; undefined without one. */
  readonly choices: GivenChoices | undefined;
}

/** Reads what a rehearsal needs of a repository.
 * @throws UserError `no-such-directory`, `bad-settings` */
export async function readSubject(cwd: string): Promise<Subject> {
  const snapshot = await takeSnapshot(cwd);
  const found = survey(snapshot);
  const { root } = found.appRoot;
  const directory = join(cwd, root);
  // On the disk, since a listing by git does not look through a link.
  const hook = readWorkTreeFile(directory, hookPath);
  return {
    directory,
    shipped: narrow(snapshot, root).paths.filter(shippedFrom(found)),
    found,
    choices: hook === undefined ? undefined : readRemembered(hook.text, hookPath),
  };
}

/** Whether a file that the snapshot lists reaches the bundle. Git is asked a question a file, hence only where its listing
 * leaves one open: it does not hide ignored hooks, and tells nothing of `export-ignore`. */
function shippedFrom({ bundle, app, whole }: Survey): (path: string) => boolean {
  const ships = (path: string) => bundle.wouldShip(path).ships !== false;
  const { git } = app;
  if (bundle.maker !== 'git-archive' || git === null) return ships;
  const attributes = whole.paths.filter((path) => /(?:^|\/)\.gitattributes$/.test(path));
  const excludes = attributes.some((path) => whole.text(path)?.includes('export-ignore'));
  return (path) => {
    if (!/^\.(?:platform|ebextensions)\//.test(path)) return true;
    return excludes ? ships(path) : !git.ignored(path);
  };
}

/** What InstallDependency would leave beside the app: here the person's own, where the bundle has none. */
export function dependenciesOf({ directory, shipped }: Subject): string[] {
  return ['node_modules', 'vendor', '.venv', 'venv', 'env'].filter(
    (name) => existsSync(join(directory, name)) && !shipped.some((path) => path.startsWith(`${name}/`)),
  );
}

/** The environment properties that `.ebextensions` set; a later file wins. */
export function propertiesOf({ found }: Subject): Variables {
  return new Map(
    found.ebextensions.options
      .filter(({ namespace, value }) => namespace === propertyNamespace && value !== null)
      .map(({ option, value }) => [option, value ?? '']),
  );
}

type Expectations = Pick<
  RehearsalPlan,
  'variable' | 'readsList' | 'path' | 'matcher' | 'ownHosts' | 'gap' | 'unwired'
>;

/** What the deployed app is to be asked, and measured by. */
export function expectations(subject: Subject): Expectations {
  const { choices, found } = subject;
  const [setting] = found.reading.settings;
  const variable = choices?.variable ?? setting?.variable ?? null;
  const separator = choices?.separator ?? setting?.separator ?? 'comma';
  const role = choices?.role ?? setting?.role ?? 'whole-list';
  const namespace = `aws:elasticbeanstalk:environment:process:${choices?.process ?? 'default'}`;
  const option = (name: string) => optionValue(found.ebextensions.options, namespace, name)?.value;
  return {
    variable,
    readsList: choices?.delivery === 'file',
    path: [option('HealthCheckPath'), choices?.healthCheckPath].find(isPath) ?? '/',
    matcher: matcherOf(option('MatcherHTTPCode') ?? choices?.matcher),
    ownHosts: (environment) => {
      const listed = (name: string | null, form: Separator | null) =>
        name === null ? [] : splitHosts(environment.get(name) ?? '', form ?? 'comma');
      const own = role === 'whole-list' ? listed(variable, separator) : [];
      const others = found.reading.settings.flatMap((setting) =>
        setting.variable === variable ? [] : listed(setting.variable, setting.separator),
      );
      const given = [...own, ...others].filter((host) => host !== '');
      const known = given.length > 0 ? given : [...(choices?.hosts ?? []), ...(setting?.default ?? [])];
      return [...new Set(known.map((host) => host.replace(/^\./, '')))].filter(isName).slice(0, 5);
    },
    gap: variable === null ? null : composeGap(subject, variable),
    unwired: unwired(subject),
  };
}

function isPath(text: string | null | undefined): text is string {
  return typeof text === 'string' && /^\/[\x21-\x7e]*$/.test(text);
}

function matcherOf(text: string | null | undefined): Matcher {
  return parseMatcher(text ?? '200') ?? [{ from: 200, to: 200 }];
}

function splitHosts(value: string, separator: Separator): string[] {
  switch (separator) {
    case 'json':
      return [...value.matchAll(/["']([^"']*)["']/g)].map((match) => match[1] ?? '');
    case 'none':
      return [value];
    case 'space':
      return value.split(/\s+/);
    default:
      return value.split(separator === 'comma' ? ',' : ';').map((item) => item.trim());
  }
}

/** Something a browser could be sent to: no pattern, no address of an instance. */
function isName(host: string): boolean {
  return /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i.test(host) && !/^[\d.]+$/.test(host);
}

/** Compose hands nothing of `.env` to a container by itself (developer guide, create_deploy_docker.container.console). */
function composeGap({ found: { app, platform } }: Subject, variable: string): string | null {
  if (platform.platform !== 'compose') return null;
  const compose = readDeployedCompose(app);
  if (compose === undefined) return null;
  const mention = new RegExp(`\\$\\{?${variable}\\b`);
  const handsOver = compose.services.some(
    ({ envFiles, environment }) =>
      envFiles.some((file) => /^(?:\.\/)?\.env$/.test(file)) ||
      environment.some(
        ({ name, value }) => name === variable && (value === undefined || mention.test(value)),
      ),
  );
  if (handsOver) return null;
  return `no service of ${compose.file} takes ${variable} over from .env: give the app's service 'env_file: .env'`;
}

/** What `doctor` says too: the list was read, and provably ignores the variable that the hook fills. */
function unwired({ found, choices }: Subject): string | null {
  if (choices === undefined) return null;
  const { unwired: one } = choose(describeProject(found), choices, {});
  return one?.severity === 'error' ? `${one.file}:${one.line}: ${one.message} (${one.fix})` : null;
}

/** Bind mounts and volumes of the person's own, which the containers use. */
export function volumesOf({ found: { app, platform } }: Subject): string[] {
  if (platform.platform !== 'compose') return [];
  const services = readDeployedCompose(app)?.services ?? [];
  return [...new Set(services.flatMap(({ volumes }) => volumes))];
}

/** The proxy that stands before the app: none with Compose and ECS, or where it is switched off. */
export function proxyOf({ found }: Subject, platform: EnginePlatform, properties: Variables) {
  const server = optionValue(
    found.ebextensions.options,
    'aws:elasticbeanstalk:environment:proxy',
    'ProxyServer',
  );
  if (platform === 'compose' || platform === 'ecs') return null;
  if (/^(?:none|apache)$/i.test(server?.value ?? '')) return null;
  const standard = platform === 'python' ? 8000 : found.platform.language === 'node' ? 8080 : 5000;
  return { instancePort: Number(properties.get('PORT')) || standard };
}

/** What starts this app, as far as the repository says. */
export function proposeCommand({ found }: Subject): string {
  const { app, ebextensions } = found;
  const { platform } = found.platform;
  if (platform === 'docker' || platform === 'compose') return 'eb-hosts rehearse --docker';
  const quoted = (line: string) =>
    `eb-hosts rehearse -- '${line.replace(/:\d{4,5}\b/, ':$PORT').replaceAll("'", "'\\''")}'`;
  const web = readProcfile(app).find(({ name }) => name === 'web')?.command;
  if (web !== undefined) return quoted(web);
  const wsgi = optionValue(ebextensions.options, 'aws:elasticbeanstalk:container:python', 'WSGIPath')?.value;
  if (wsgi)
    return quoted(`gunicorn --bind 127.0.0.1:$PORT ${wsgi.replace(/\.py$/, '').replaceAll('/', '.')}`);
  const [, command] = /^CMD\s+(.+)$/im.exec(app.text('Dockerfile') ?? '') ?? [];
  if (command !== undefined) {
    const words = [...command.matchAll(/"((?:\\.|[^"\\])*)"/g)].map(([, word]) => word ?? '');
    return quoted(command.startsWith('[') ? words.join(' ') : command);
  }
  const manage = app.paths.find((path) => /^(?:[^/]+\/)?manage\.py$/.test(path));
  if (manage !== undefined) return quoted(`python ${manage} runserver --noreload 127.0.0.1:$PORT`);
  return "eb-hosts rehearse -- 'COMMAND that listens on $PORT'";
}
