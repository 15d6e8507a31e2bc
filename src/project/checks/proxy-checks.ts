import { type Finding, finding } from '../../findings.ts';
import { propertyNamespace } from '../../option-namespaces.ts';
import { readAskedPath } from '../ebextensions/health-options.ts';
import { optionValue } from '../ebextensions/option-settings.ts';
import { regExp } from '../frameworks/framework-reading.ts';
import { below } from '../paths.ts';
import { readDeployedCompose } from '../platform/compose.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Survey } from '../survey.ts';
import type { Check } from './check.ts';
import { type Directive, parseNginx } from './nginx.ts';
import { answerOfServer, checkedHost, type ProxyAnswer } from './proxy-answer.ts';

/** What the proxies of the bundle make of the check before the app sees it. */
export const checkProxy: Check = (survey) => {
  const answer = readProxyAnswer(survey);
  const { path, admits } = readAskedPath(survey.ebextensions);
  if (answer.kind === 'passes' && answer.host !== null && answer.place !== undefined) {
    return hostChanged(survey, answer.host, answer.place);
  }
  if (answer.kind !== 'answers' || admits(answer.status)) return [];
  const { status, place } = answer;
  if (status >= 300 && status < 400) {
    return [
      finding(
        'warning',
        'ssl-redirect-health-check',
        place,
        `the proxy answers the health check of ${path} by ${status}: it comes over plain HTTP, without X-Forwarded-Proto`,
        'let the redirect be for requests that say http: if ($http_x_forwarded_proto = "http")',
      ),
    ];
  }
  const why =
    status === 401
      ? 'it asks for a password, and the health check has none'
      : 'the directive is for every request that nothing else takes';
  return [
    finding(
      'warning',
      'proxy-refuses-check',
      place,
      `the proxy answers the health check of ${path} by ${status}: ${why}`,
      `give the path a location of its own, which passes to the app${status === 401 ? ' with auth_basic off' : ''}: location = ${path} { … }`,
    ),
  ];
};

/** A list that is known, and lacks the host that the proxy sends in place of the address. */
function hostChanged({ reading, ebextensions }: Survey, host: string, place: Directive): Finding[] {
  const [setting] = reading.settings;
  const set =
    setting?.variable && optionValue(ebextensions.options, propertyNamespace, setting.variable)?.value;
  const hosts = set ? set.split(/[,; ]+/) : setting?.default;
  if (!hosts || hosts.length === 0 || setting?.source === 'metadata') return [];
  const name = host.replace(/:\d+$/, '');
  if (
    hosts.some(
      (one) =>
        one === '*' || one === name || one === host || (one.startsWith('.') && `.${name}`.endsWith(one)),
    )
  )
    return [];
  return [
    finding(
      'warning',
      'proxy-changes-host',
      place,
      `the proxy passes the health check on with Host ${host} in place of the one it came with, and the app's list has no such host`,
      'add to this location: proxy_set_header Host $host;',
    ),
  ];
}

/** What becomes of the load balancer's request on its way to the app. */
export function readProxyAnswer(survey: Survey): ProxyAnswer {
  const { app, ebextensions, platform } = survey;
  const { path } = readAskedPath(ebextensions);
  const server = optionValue(
    ebextensions.options,
    'aws:elasticbeanstalk:environment:proxy',
    'ProxyServer',
  )?.value;
  if (platform.platform === 'compose') return ofContainer(app, path);
  const passes: ProxyAnswer = { kind: 'passes', host: null, place: undefined };
  const apache = server === 'nginx' ? undefined : ofApache(app, path);
  return apache ?? (server === 'apache' || server === 'none' ? passes : ofInstance(survey, path));
}

/** The instance's own nginx, with what the bundle adds to it. */
function ofInstance({ app, ebextensions }: Survey, path: string): ProxyAnswer {
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
  if (whole === undefined) return answerOfServer(inHttp, inServer, path);
  const server = defaultServer(whole);
  if (server === undefined) return { kind: 'unknown' };
  const included = server.some(
    ({ name, args }) => name === 'include' && args[0]?.includes('conf.d/elasticbeanstalk'),
  );
  return answerOfServer([...whole, ...inHttp], included ? [...server, ...inServer] : server, path);
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
function ofContainer(app: Snapshot, path: string): ProxyAnswer {
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
    : answerOfServer(http, server, path);
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
function ofApache(app: Snapshot, path: string): ProxyAnswer | undefined {
  const values: Readonly<Record<string, string>> = {
    'HTTP:X-Forwarded-Proto': '',
    HTTPS: 'off',
    REQUEST_URI: path,
    REQUEST_SCHEME: 'http',
    HTTP_HOST: checkedHost,
    HTTP_USER_AGENT: 'ELB-HealthChecker/2.0',
    SERVER_PORT: '80',
  };
  for (const file of below(app.paths, '.platform/httpd').filter((name) => name.endsWith('.conf'))) {
    let applies: boolean | undefined = true;
    let section: string | undefined;
    for (const [index, text] of (app.text(file) ?? '').split('\n').entries()) {
      const [name = '', ...words] = text.trim().split(/\s+/);
      const args = words.map((word) => word.replace(/^"|"$/g, ''));
      const answers = (status: number): ProxyAnswer => ({
        kind: 'answers',
        status,
        place: { name, args, block: undefined, file, line: index + 1 },
      });
      const [first = '', second = '', flags = ''] = args;
      if (/^<(?:Location|Directory|Files|If)/i.test(name)) section = first.replace(/>$/, '');
      if (/^<\/(?:Location|Directory|Files|If)/i.test(name)) section = undefined;
      const inForce = section === undefined || section === '/' || section === path;
      if (name === 'RewriteCond') {
        const value = values[/^%\{([^}]+)\}$/.exec(first)?.[1] ?? ''];
        const wanted = second.replace(/^!/, '');
        const plain = wanted.startsWith('=')
          ? value === wanted.slice(1)
          : value === undefined
            ? undefined
            : regExp(wanted, /NC/.test(flags) ? 'i' : '')?.test(value);
        const holds = /OR/.test(flags)
          ? undefined
          : second.startsWith('!') && plain !== undefined
            ? !plain
            : plain;
        applies = applies === false || holds === false ? false : holds === undefined ? undefined : applies;
      } else if (name === 'RewriteRule') {
        const redirects = /\bR(?:=\d+)?\b/.test(flags) && (regExp(first)?.test(path) ?? false);
        if (redirects && applies === true && inForce)
          return answers(Number(/R=(\d{3})/.exec(flags)?.[1] ?? 302));
        applies = true;
      } else if (
        /^Redirect$/i.test(name) &&
        args.at(-2) === '/' &&
        args.at(-1)?.startsWith('https:') &&
        inForce
      ) {
        return answers(/permanent|301/.test(first) ? 301 : 302);
      } else if (/^Require$/i.test(name) && first === 'valid-user' && inForce) return answers(401);
    }
  }
  return undefined;
}
