import { type Finding, finding } from '../../findings.ts';
import { propertyNamespace } from '../../option-namespaces.ts';
import { readAskedPath } from '../ebextensions/health-options.ts';
import { optionValue } from '../ebextensions/option-settings.ts';
import { regExp } from '../frameworks/framework-reading.ts';
import { below } from '../paths.ts';
import { readDeployedCompose } from '../platform/compose.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Check, Survey } from '../survey.ts';
import {
  answerOfServer,
  checkedHost,
  type Directive,
  type ProxyAnswer,
  parseNginx,
  type Question,
  userAgent,
} from './proxy-answer.ts';

/** What the proxies of the bundle make of the check before the app sees it. */
export const checkProxy: Check = (survey) => {
  const answer = readProxyAnswer(survey);
  const { path, admits } = readAskedPath(survey.ebextensions);
  if (answer.kind === 'passes' && answer.host !== null && answer.place !== undefined) {
    return hostChanged(survey, answer.host, answer.place);
  }
  if (answer.kind !== 'answers' || admits(answer.status)) return [];
  const { status, place } = answer;
  const redirects = status >= 300 && status < 400;
  const reasons: Readonly<Record<number, string>> = {
    401: 'it asks for a password, and the check has none',
    403: "the load balancer's address, or the instance's as Host, is not among those let in",
  };
  const why = redirects
    ? "it comes over plain HTTP, without X-Forwarded-Proto, and with the instance's address as Host"
    : (reasons[status] ?? 'this is for all that nothing else takes');
  const message = `the proxy answers the health check of ${path} by ${status}: ${why}`;
  const code = redirects ? 'ssl-redirect-health-check' : 'proxy-refuses-check';
  return [finding('warning', code, place, message, letThrough(place, path))];
};

/** How the path gets past a directive: a `return` of the server comes before every location, a refusal after it was chosen. */
function letThrough({ file, name }: Directive, path: string): string {
  if (file.startsWith('.platform/httpd'))
    return `exempt the path before it: RewriteCond %{REQUEST_URI} !^${path}`;
  const own = `location = ${path} { … }`;
  if (name === 'auth_basic') return `pass the path on in a location of its own, with auth_basic off: ${own}`;
  if (name === 'deny') return `pass the path on in a location of its own, with allow all: ${own}`;
  return `move it into location /, and pass the path on in a location of its own: ${own}`;
}

/** A list that is known, and lacks the host that the proxy sends in place of the address. */
function hostChanged({ reading, ebextensions }: Survey, host: string, place: Directive): Finding[] {
  const [setting] = reading.settings;
  const variable = setting?.variable ?? '';
  const set = optionValue(ebextensions.options, propertyNamespace, variable)?.value?.split(/[,; ]+/);
  const hosts = set ?? setting?.default ?? [];
  const name = host.replace(/:\d+$/, '');
  const admits = (one: string) =>
    one === '*' || one === name || (one.startsWith('.') && `.${name}`.endsWith(one));
  if (hosts.length === 0 || setting?.source === 'metadata' || hosts.some(admits)) return [];
  const message = `the proxy passes the health check on with Host ${host} in place of its own, which the app's list does not have`;
  return [
    finding(
      'warning',
      'proxy-changes-host',
      place,
      message,
      'add to this location: proxy_set_header Host $host;',
    ),
  ];
}

/** What becomes of the load balancer's request on its way to the app. */
export function readProxyAnswer(survey: Survey): ProxyAnswer {
  const { app, ebextensions, platform } = survey;
  const asked = readAskedPath(ebextensions);
  const question = { path: asked.path, isSet: asked.file !== null };
  const server = optionValue(
    ebextensions.options,
    'aws:elasticbeanstalk:environment:proxy',
    'ProxyServer',
  )?.value;
  if (platform.platform === 'compose') return ofContainer(app, question);
  const passes: ProxyAnswer = { kind: 'passes', host: null, place: undefined };
  const apache = server === 'nginx' ? undefined : ofApache(app, question);
  return apache ?? (server === 'apache' || server === 'none' ? passes : ofInstance(survey, question));
}

/** The instance's own nginx, with what the bundle adds to it. */
function ofInstance({ app, ebextensions }: Survey, question: Question): ProxyAnswer {
  const files = [
    ...below(app.paths, '.platform/nginx').map((file) => ({
      file,
      line: 1,
      target: file.slice('.platform/'.length),
      text: app.text(file) ?? '',
    })),
    ...ebextensions.writtenFiles.map(({ file, contentLine, target, content }) => ({
      file,
      line: contentLine,
      target: target.replace(/^\/etc\//, ''),
      text: content,
    })),
  ];
  const read = (pattern: RegExp) =>
    files
      .filter(({ target }) => pattern.test(target))
      .flatMap(({ file, line, text }) => parseNginx(text, file, line) ?? []);
  const inServer = read(/^nginx\/conf\.d\/elasticbeanstalk\/[^/]+\.conf$/);
  // Servers beside the platform's own, which is the default, take their own names alone.
  const inHttp = read(/^nginx\/conf\.d\/[^/]+\.conf$/).filter(({ name }) => name !== 'server');
  const whole = read(/^nginx\/nginx\.conf$/).find(({ name }) => name === 'http')?.block;
  if (whole === undefined) return answerOfServer(inHttp, inServer, question);
  const server = defaultServer(whole);
  if (server === undefined) return { kind: 'unknown' };
  const included = server.some(
    ({ name, args }) => name === 'include' && args[0]?.includes('conf.d/elasticbeanstalk'),
  );
  return answerOfServer([...whole, ...inHttp], included ? [...server, ...inServer] : server, question);
}

/** The server that takes a request by address: the default of port 80, else the first. */
function defaultServer(http: readonly Directive[]): readonly Directive[] | undefined {
  const servers = http.flatMap(({ name, block }) =>
    name === 'server' && block !== undefined ? [block] : [],
  );
  const listens = (server: readonly Directive[]) =>
    server.filter(({ name }) => name === 'listen').map(({ args }) => args);
  const onPort = servers.filter((server) => {
    const ports = listens(server);
    return (
      ports.length === 0 ||
      ports.some(([address = '']) => /^(?:[\d.*]+:)?(?:80|8080)$|^(?!\d+$)[\d.]+$/.test(address))
    );
  });
  const named = (server: readonly Directive[]) =>
    server.some(({ name, args }) => name === 'server_name' && args.includes(checkedHost));
  return (
    onPort.find(named) ??
    onPort.find((server) => listens(server).some((args) => args.includes('default_server'))) ??
    onPort[0]
  );
}

/** An nginx of the compose file's own that takes port 80. */
function ofContainer(app: Snapshot, question: Question): ProxyAnswer {
  const compose = readDeployedCompose(app);
  const front = compose?.services.find(({ ports }) =>
    ports.some((port) => /^(?:[\d.]+:)?80(?::|$)/.test(port)),
  );
  const files =
    front === undefined
      ? []
      : [...mountedFiles(front.volumes, app), ...(front.built ? copiedFiles(app) : [])];
  const directives = files.flatMap((file) => parseNginx(app.text(file) ?? '', file) ?? []);
  const http = directives.flatMap((directive) =>
    directive.name === 'http' ? (directive.block ?? []) : [directive],
  );
  const server = defaultServer(http);
  return server === undefined
    ? { kind: 'passes', host: null, place: undefined }
    : answerOfServer(http, server, question);
}

const isConfiguration = (path: string): boolean => /\.conf(?:\.template)?$/.test(path);

function mountedFiles(volumes: readonly string[], app: Snapshot): string[] {
  return volumes
    .map((volume) => volume.split(':'))
    .filter(([, target = '']) => target.startsWith('/etc/nginx'))
    .map(([source = '']) => source.replace(/^\.\//, '').replace(/\/$/, ''))
    .flatMap((source) => (app.has(source) ? [source] : below(app.paths, source).filter(isConfiguration)));
}

/** What the one Dockerfile that starts from nginx copies to its configuration. */
function copiedFiles(app: Snapshot): string[] {
  const [dockerfile, ...others] = app.paths.filter(
    (path) =>
      /(?:^|\/)[\w.-]*Dockerfile[\w.-]*$/.test(path) && /^FROM\s+\S*nginx/im.test(app.text(path) ?? ''),
  );
  if (dockerfile === undefined || others.length > 0) return [];
  const directory = dockerfile.slice(0, dockerfile.lastIndexOf('/') + 1);
  const copies = [
    ...(app.text(dockerfile) ?? '').matchAll(/^(?:COPY|ADD)\s+(?:--\S+\s+)*(\S+)\s+\/etc\/nginx\S*/gim),
  ];
  return copies
    .map(([, source = '']) => source.replace(/^\.\//, ''))
    .flatMap((source) => [`${directory}${source}`, source].filter((path) => app.has(path)).slice(0, 1));
}

/** Apache's redirects and passwords in `.platform/httpd`, line by line; undefined where it has none for the check. */
function ofApache(app: Snapshot, { path, isSet }: Question): ProxyAnswer | undefined {
  const values = new Map<string | undefined, string | undefined>([
    ['HTTP:X-Forwarded-Proto', ''],
    ['HTTPS', 'off'],
    ['REQUEST_URI', isSet ? path : undefined],
    ['HTTP_HOST', checkedHost],
    ['HTTP_USER_AGENT', userAgent],
  ]);
  for (const file of below(app.paths, '.platform/httpd').filter((name) => name.endsWith('.conf'))) {
    let applies = true;
    for (const [index, text] of (app.text(file) ?? '').split('\n').entries()) {
      const [name = '', first = '', second = '', flags = ''] = text.trim().replaceAll('"', '').split(/\s+/);
      // What is said of a part of the site, or on a condition, is in doubt.
      if (/^<(?:Location|Directory|Files|If(?!Module))/.test(name)) break;
      const answers = (status: number): ProxyAnswer => ({
        kind: 'answers',
        status,
        place: { name, args: [], block: undefined, file, line: index + 1 },
      });
      if (name === 'RewriteCond') {
        const value = values.get(/^%\{([^}]+)\}$/.exec(first)?.[1]);
        const matched = value === undefined ? undefined : regExp(second.replace(/^!/, ''))?.test(value);
        applies &&= matched !== undefined && matched !== second.startsWith('!') && !flags.includes('OR');
      } else if (name === 'RewriteRule') {
        const [, status] = /\bR(?:=(\d{3}))?\b/.exec(flags) ?? [];
        if (applies && /\bR\b/.test(flags) && regExp(first)?.test(path))
          return answers(Number(status ?? 302));
        applies = true;
      } else if (name === 'Require' && first === 'valid-user') return answers(401);
    }
  }
  return undefined;
}
