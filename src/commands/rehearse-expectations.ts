import type { Variables } from '../instance/environment.ts';
import type { RehearsalPlan } from '../instance/rehearsal.ts';
import { type Matcher, parseMatcher } from '../matcher.ts';
import type { EbExtensions } from '../project/ebextensions/ebextensions.ts';
import { optionValue, propertyNamespace } from '../project/ebextensions/option-settings.ts';
import { readDeployedCompose } from '../project/platform/compose.ts';
import { readProcfile } from '../project/platform/procfile.ts';
import type { Separator } from '../project/project.ts';
import type { Subject } from './rehearse-subject.ts';

/** The environment properties that `.ebextensions` set; a later file wins. */
export function propertiesOf({ options }: EbExtensions): Variables {
  return new Map(
    options
      .filter(({ namespace, value }) => namespace === propertyNamespace && value !== null)
      .map(({ option, value }) => [option, value ?? '']),
  );
}

type Expectations = Pick<RehearsalPlan, 'variable' | 'readsList' | 'path' | 'matcher' | 'ownHosts' | 'gap'>;

/** What the deployed app is to be asked, and measured by. */
export function expectations(subject: Subject): Expectations {
  const { choices, ebextensions } = subject;
  const setting = subject.reading?.settings[0];
  const variable = choices?.variable ?? setting?.variable ?? null;
  const separator = choices?.separator ?? setting?.separator ?? 'comma';
  const role = choices?.role ?? setting?.role ?? 'whole-list';
  const namespace = `aws:elasticbeanstalk:environment:process:${choices?.process ?? 'default'}`;
  const option = (name: string) => optionValue(ebextensions.options, namespace, name)?.value;
  return {
    variable,
    readsList: choices?.delivery === 'file',
    path: [option('HealthCheckPath'), choices?.healthCheckPath].find(isPath) ?? '/',
    matcher: matcherOf(option('MatcherHTTPCode') ?? choices?.matcher),
    ownHosts: (environment) => {
      const value = variable === null ? undefined : environment.get(variable);
      const listed = role === 'whole-list' && value ? splitHosts(value, separator) : [];
      const known = listed.length > 0 ? listed : [...(choices?.hosts ?? []), ...(setting?.default ?? [])];
      return [...new Set(known.map((host) => host.replace(/^\./, '')))].filter(isName).slice(0, 5);
    },
    gap: variable === null ? null : (composeGap(subject, variable) ?? unwired(subject, variable)),
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
function composeGap({ app, platform }: Subject, variable: string): string | null {
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

/** Why the app does not heed the variable, where its list was read and provably ignores it. */
function unwired({ reading }: Subject, variable: string): string | null {
  const setting = reading?.settings[0];
  if (setting?.source !== 'literal') return null;
  return `${setting.file}:${setting.line} holds a list that does not read ${variable}: 'eb-hosts init' shows the change`;
}

/** Bind mounts and volumes of the person's own, which the containers use. */
export function volumesOf({ app, platform }: Subject): string[] {
  if (platform.platform !== 'compose') return [];
  const services = readDeployedCompose(app)?.services ?? [];
  return [...new Set(services.flatMap(({ volumes }) => volumes))];
}

/** The proxy that stands before the app: none with Compose and ECS, or where it is switched off. */
export function proxyOf({ ebextensions, platform }: Subject, properties: Variables) {
  const server = optionValue(ebextensions.options, 'aws:elasticbeanstalk:environment:proxy', 'ProxyServer');
  if (platform.platform === 'compose' || platform.platform === 'ecs') return null;
  if (/^(?:none|apache)$/i.test(server?.value ?? '')) return null;
  const standard = platform.platform === 'python' ? 8000 : platform.language === 'node' ? 8080 : 5000;
  return { instancePort: Number(properties.get('PORT')) || standard };
}

/** What starts this app, as far as the repository says. */
export function proposeCommand({ app, ebextensions, platform: { platform } }: Subject): string {
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
