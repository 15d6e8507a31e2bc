import { type Finding, finding } from '../../findings.ts';
import { propertyNamespace } from '../../option-namespaces.ts';
import { type AskedPath, readAskedPath } from '../ebextensions/health-options.ts';
import { optionValue } from '../ebextensions/option-settings.ts';
import { aspnetStartup } from '../frameworks/aspnet.ts';
import { lineAt, namesPath, withoutComments } from '../frameworks/framework-reading.ts';
import { railsConfiguration } from '../frameworks/rails.ts';
import { below } from '../paths.ts';
import { readProcfile } from '../platform/procfile.ts';
import type { Survey } from '../survey.ts';
import type { Check } from './check.ts';
import { readProxyAnswer } from './proxy-checks.ts';

interface Source {
  readonly file: string;
  /** Without comments. */
  readonly code: string;
}

/** One way to send every plain request to HTTPS. */
interface Redirect {
  readonly what: string;
  readonly status: number;
  /** The files in which it may stand; none where the app is of another framework. */
  readonly sources: (survey: Survey) => readonly Source[];
  readonly pattern: RegExp;
  /** Whether this place leaves the path alone, or whether that cannot be told. */
  readonly isExempt: (place: RedirectPlace) => boolean;
  /** What keeps it from redirecting as the files are; the finding is a note then. */
  readonly sleepsWhile?: (survey: Survey) => string | undefined;
  readonly fix: (path: string) => string;
}

interface RedirectPlace {
  readonly survey: Survey;
  readonly path: string;
  readonly code: string;
  readonly at: number;
  /** The call that the pattern begins, with its arguments. */
  readonly call: string;
}

const redirects: readonly Redirect[] = [
  {
    what: 'config.force_ssl',
    status: 301,
    sources: ({ app, reading }) =>
      reading.framework === 'rails' ? onlyDeciding(railsConfiguration(app)) : [],
    pattern: /^[ \t]*config\.force_ssl\s*=\s*true[ \t]*$/m,
    isExempt: ({ survey, code, at, path }) => {
      const all = railsConfiguration(survey.app)
        .map((source) => source.code)
        .join('\n');
      // Rails takes every request for HTTPS then, or something may answer before ActionDispatch::SSL.
      if (
        /\bconfig\.assume_ssl\s*=(?!\s*false)|insert_before\(?\s*(?:0|["':]*(?:ActionDispatch|Rack))|middleware\.unshift/.test(
          all,
        )
      )
        return true;
      if (isConditional(code, at)) return true;
      const options = /\bconfig\.ssl_options\s*=[^\n]*(?:\n(?![ \t]*config\.)[^\n]*)*/.exec(all)?.[0];
      if (options === undefined || !/redirect/.test(options)) return false;
      return /redirect:\s*false/.test(options) || (namesPath(options, path) ?? true);
    },
    fix: (path) =>
      `exempt the path: config.ssl_options = { redirect: { exclude: ->(request) { request.path == "${path}" } } }`,
  },
  {
    what: 'UseHttpsRedirection',
    status: 307,
    sources: ({ app, reading }) => (reading.framework === 'aspnet' ? aspnetStartup(app) : []),
    pattern: /\.UseHttpsRedirection\s*\(/,
    isExempt: ({ code, at, path }) => {
      const around = enclosingHeads(code, at).join('\n');
      const before = [
        ...code.slice(0, at).matchAll(/\.(?:UseHealthChecks|Map|UseWhen|MapWhen)\s*\([^;]*/g),
      ].join('\n');
      return (
        /\bIsDevelopment\b|UseWhen|MapWhen/.test(around.replace(/!\s*[\w.]+\.IsDevelopment/g, '')) ||
        namesPath(before, path) === true
      );
    },
    // learn.microsoft.com, HttpsRedirectionOptions.HttpsPort
    sleepsWhile: (survey) =>
      knowsHttpsPort(survey)
        ? undefined
        : 'no HTTPS port is set (ASPNETCORE_HTTPS_PORTS, HttpsPort); it is switched off until then',
    fix: (path) =>
      `answer the path before it: app.UseHealthChecks("${path}") above app.UseHttpsRedirection()`,
  },
  {
    what: 'HTTPSRedirectMiddleware',
    status: 307,
    sources: (survey) =>
      survey.reading.framework === 'starlette' ? pythonSources(survey, /HTTPSRedirectMiddleware/) : [],
    pattern: /\b(?:add_middleware|Middleware)\(\s*HTTPSRedirectMiddleware\b/,
    // What is added later is asked first.
    isExempt: ({ code, at, path }) =>
      isConditional(code, at) ||
      namesPath(code.slice(at).replace(/^\s*@\w+\.(?:get|post|route|head)\(.*$/gm, ''), path) === true,
    fix: () => 'take it out: let the listener of port 80 at the load balancer redirect instead',
  },
  {
    what: 'Flask-Talisman',
    status: 302,
    sources: (survey) => (survey.reading.framework === 'flask' ? pythonSources(survey, /talisman/i) : []),
    pattern: /\b(?:Talisman\(\s*\w|talisman\.init_app\()/,
    isExempt: ({ code, at, call }) =>
      isConditional(code, at) ||
      /force_https\s*=(?!\s*True)/.test(call) ||
      /@\w+\([^)]*force_https\s*=\s*False/.test(code),
    fix: () => 'exempt its view: @talisman(force_https=False) above the route',
  },
  {
    what: 'Flask-SSLify',
    status: 302,
    sources: (survey) => (survey.reading.framework === 'flask' ? pythonSources(survey, /SSLify/) : []),
    pattern: /\bSSLify\(\s*\w/,
    isExempt: ({ code, at, call, path }) =>
      isConditional(code, at) || (/\bskips\b/.test(call) && call.includes(path.slice(1).replace(/\/$/, ''))),
    fix: (path) => `exempt the path: SSLify(app, skips=['${path.slice(1)}'])`,
  },
  {
    what: 'this middleware',
    status: 301,
    sources: expressSources,
    pattern: /\b\w+\.use\(\s*(?:["'`][/*]+["'`]\s*,\s*)?(?:async\s*)?(?:function\b|\(|\w+\s*=>|\w+\.HTTPS\()/,
    isExempt: (place) => !redirectsInExpress(place) || answersAbove(place),
    fix: (path) => `answer the path above it: app.get('${path}', (req, res) => res.send('ok'))`,
  },
];

/** Redirects to HTTPS in the app's own code. Django's have a reader of their own. */
export const checkRedirects: Check = (survey) => {
  const asked = readAskedPath(survey.ebextensions);
  // The proxy answers, or says that the request came over HTTPS.
  const says = below(survey.app.paths, '.platform').some((path) =>
    /X-Forwarded-Proto["']?\s+["']?https/i.test(survey.app.text(path) ?? ''),
  );
  if (says || readProxyAnswer(survey).kind === 'answers' || survey.reading.framework === 'django') return [];
  return redirects
    .filter(({ status }) => !asked.admits(status))
    .flatMap((redirect) => findRedirect(redirect, survey, asked))
    .slice(0, 1);
};

function findRedirect(
  { what, status, sources, pattern, isExempt, sleepsWhile, fix }: Redirect,
  survey: Survey,
  { path }: AskedPath,
): Finding[] {
  return sources(survey).flatMap(({ file, code }) => {
    const hit = [...code.matchAll(new RegExp(pattern, `g${pattern.flags}`))].find(
      ({ index }) => !isExempt({ survey, path, code, at: index, call: callAt(code, index) }),
    );
    if (hit === undefined) return [];
    const at = hit.index + hit[0].search(/\S/);
    const place = { file, line: lineAt(code, at) };
    const sleeps = sleepsWhile?.(survey);
    const message =
      sleeps === undefined
        ? `${what} answers the health check of ${path} by ${status}: it comes over plain HTTP, without X-Forwarded-Proto`
        : `${what} would answer the health check of ${path} by ${status}, but ${sleeps}`;
    return [
      finding(
        sleeps === undefined ? 'warning' : 'info',
        'ssl-redirect-health-check',
        place,
        message,
        fix(path),
      ),
    ];
  });
}

/** The file of the environment's own overrides those that are loaded before it. */
function onlyDeciding(sources: readonly Source[]): Source[] {
  return sources.filter(({ code }) => /\bconfig\.force_ssl\s*=/.test(code)).slice(0, 1);
}

/** Whether a line stands below an `if` or the like, by its indentation: Python and Ruby. */
function isConditional(code: string, at: number): boolean {
  const lines = code.slice(0, code.indexOf('\n', at)).split('\n');
  let indent = lines.at(-1)?.search(/\S/) ?? 0;
  for (const line of lines.toReversed()) {
    const own = line.search(/\S/);
    if (own === -1 || own >= indent) continue;
    if (/^\s*(?:if|unless|elif|else|try|except)\b/.test(line)) return true;
    indent = own;
  }
  return false;
}

/** What stands before each brace that is open at an offset, up to the statement before it. */
function enclosingHeads(code: string, at: number): string[] {
  const heads: string[] = [];
  let start = 0;
  for (let index = 0; index < at; index++) {
    if (code[index] === '{') heads.push(code.slice(start, index));
    if (code[index] === '}') heads.pop();
    if (/[;{}]/.test(code[index] ?? '')) start = index + 1;
  }
  return heads;
}

/** From an offset to the parenthesis that closes the first one after it. */
function callAt(code: string, at: number): string {
  let depth = 0;
  for (let index = code.indexOf('(', at); index !== -1 && index < code.length; index++) {
    if (code[index] === '(') depth++;
    if (code[index] === ')' && --depth === 0) return code.slice(at, index + 1);
  }
  return code.slice(at);
}

function knowsHttpsPort({ app, ebextensions }: Survey): boolean {
  const isSet = [...ebextensions.options, ...ebextensions.elsewhere].some(({ option }) =>
    /^(?:ASPNETCORE_)?HTTPS_PORTS?$/.test(option),
  );
  const files = app.paths.filter((path) =>
    /(?:^|\/)(?:Program|Startup)\.cs$|(?:^|\/)appsettings(?:\.Production)?\.json$/.test(path),
  );
  return (
    isSet ||
    files.some((path) =>
      /\bHttpsPort\s*=|["']https_port["']|"Url"\s*:\s*"https:/.test(
        withoutComments(app.text(path) ?? '', 'c'),
      ),
    )
  );
}

function pythonSources({ app }: Survey, name: RegExp): Source[] {
  const own = app.paths.filter(
    (path) => path.endsWith('.py') && !/(?:^|\/)(?:tests?\/|test_|docs\/|examples?\/)/.test(path),
  );
  return own.flatMap((file) => {
    const text = app.text(file) ?? '';
    return name.test(text) ? [{ file, code: withoutComments(text, 'ruby') }] : [];
  });
}

function expressSources({ app }: Survey): Source[] {
  if (!/"express"\s*:/.test(app.text('package.json') ?? '')) return [];
  const near = app.paths.filter(
    (path) =>
      /^(?:(?:src|server|app|backend)\/)?[\w.-]+\.[cm]?[jt]s$/.test(path) && !/\.(?:test|spec)\./.test(path),
  );
  return near.flatMap((file) => {
    const text = app.text(file) ?? '';
    return /\.use\(/.test(text) ? [{ file, code: withoutComments(text, 'c') }] : [];
  });
}

/** Whether a middleware of Express redirects a plain request without X-Forwarded-Proto, whatever its path. */
function redirectsInExpress({ survey, path, code, at, call }: RedirectPlace): boolean {
  if (/\.use\(\s*\w+\.HTTPS\(/.test(call))
    return /"express-sslify"/.test(survey.app.text('package.json') ?? '');
  const end = call.search(/\.redirect\(/);
  if (end === -1 || !/["'`]https:/.test(call.slice(end))) return false;
  const condition = call.slice(0, end);
  if (!/x-forwarded-proto|\breq(?:uest)?\.(?:secure|protocol)\b/i.test(condition)) return false;
  // `proto && proto !== 'https'` passes a request without the header.
  if (/([\w.$[\]'"()-]+)\s*&&\s*\1\s*!==?/.test(condition) || /===?\s*["'`]http["'`]/.test(condition))
    return false;
  const plain = /!==?\s*["'`]https["'`]|!\s*req(?:uest)?\.secure\b/.test(condition);
  const handsOn = /(?:===?\s*["'`]https["'`]|\breq(?:uest)?\.secure\b)[\s\S]*\bnext\(\)/.test(condition);
  if (!plain && !handsOn) return false;
  if (!isProduction([condition, ...enclosingHeads(code, at)].join('\n'), survey)) return false;
  const named = namesPath(condition, path);
  return named === false || (named === null && !/\breq(?:uest)?\.(?:path|url|originalUrl)\b/.test(condition));
}

/** Whether the conditions on the environment hold; of another variable than NODE_ENV that is not known. */
function isProduction(conditions: string, { app, ebextensions }: Survey): boolean {
  if ([...conditions.matchAll(/process\.env\.(\w+)/g)].some(([, name]) => name !== 'NODE_ENV')) return false;
  const set = optionValue(
    [...ebextensions.options, ...ebextensions.elsewhere],
    propertyNamespace,
    'NODE_ENV',
  )?.value;
  const commands = [
    ...readProcfile(app).map(({ command }) => command),
    /"start"\s*:\s*"([^"]*)"/.exec(app.text('package.json') ?? '')?.[1] ?? '',
  ];
  const value =
    set ?? (commands.some((command) => /\bNODE_ENV=production\b/.test(command)) ? 'production' : undefined);
  const compared = [...conditions.matchAll(/process\.env\.NODE_ENV\s*([!=])==?\s*["'`](\w+)["'`]/g)];
  if (compared.length === 0 && conditions.includes('process.env.NODE_ENV')) return false;
  return compared.every(([, sign, name]) => (sign === '=' ? value === name : value !== name));
}

/** Whether a route, or the directory of static files, above a middleware answers the path first. */
function answersAbove({ code, at, path }: RedirectPlace): boolean {
  const above = code.slice(0, at);
  if (path === '/' && /express\.static\(/.test(above)) return true;
  const bare = (text: string) => text.replace(/\/$/, '');
  return [...above.matchAll(/\.(get|all|use|route)\(\s*["'`](\/[^"'`]*)["'`]/g)].some(
    ([, kind, route = '']) =>
      bare(route) === bare(path) ||
      (kind === 'use' && bare(route) !== '' && path.startsWith(`${bare(route)}/`)),
  );
}
