import { type Finding, finding } from '../../findings.ts';
import { propertyNamespace } from '../../option-namespaces.ts';
import { type AskedPath, readAskedPath } from '../ebextensions/health-options.ts';
import { optionValue } from '../ebextensions/option-settings.ts';
import { lineAt, namesPath, withoutComments } from '../frameworks/framework-reading.ts';
import { below } from '../paths.ts';
import { readProcfile } from '../platform/procfile.ts';
import type { Framework } from '../project.ts';
import type { Check, Survey } from '../survey.ts';
import { readProxyAnswer } from './proxy-checks.ts';

/** One way to send every plain request to HTTPS. */
interface Redirect {
  readonly what: string;
  readonly status: number;
  readonly framework: Framework;
  /** The files in which it may stand. */
  readonly files: RegExp;
  readonly pattern: RegExp;
  /** Whether this place leaves the path alone, or whether that cannot be told; a text: why it does not redirect as the files are. */
  readonly spares: (place: RedirectPlace) => boolean | string;
  readonly fix: (path: string) => string;
}

interface Source {
  readonly file: string;
  /** Without comments. */
  readonly code: string;
}

interface RedirectPlace extends Source {
  readonly survey: Survey;
  readonly sources: readonly Source[];
  readonly path: string;
  /** Whether a file sets the path; else what singles out another path may mean the one that is set elsewhere. */
  readonly isSet: boolean;
  readonly at: number;
  /** The call that the pattern begins, with its arguments. */
  readonly call: string;
}

const pythonCode = /^(?!(?:.*\/)?(?:tests?|docs|examples?)\/).*(?<!test_\w*)\.py$/;

const redirects: readonly Redirect[] = [
  {
    what: 'config.force_ssl',
    status: 301,
    framework: 'rails',
    files: /^config\/(?:environments\/production|application|environment|initializers\/.*)\.rb$/,
    pattern: /^[ \t]*config\.force_ssl\s*=\s*true[ \t]*$/m,
    spares: sparesInRails,
    fix: (path) =>
      `exempt the path: config.ssl_options = { redirect: { exclude: ->(request) { request.path == "${path}" } } }`,
  },
  {
    what: 'UseHttpsRedirection',
    status: 307,
    framework: 'aspnet',
    files: /(?:^|\/)(?:Program|Startup)\.cs$/,
    pattern: /\.UseHttpsRedirection\s*\(/,
    spares: sparesInAspnet,
    fix: (path) =>
      `answer the path before it: app.UseHealthChecks("${path}") above app.UseHttpsRedirection()`,
  },
  {
    what: 'HTTPSRedirectMiddleware',
    status: 307,
    framework: 'starlette',
    files: pythonCode,
    pattern: /\b(?:add_middleware|Middleware)\(\s*HTTPSRedirectMiddleware\b/,
    // What is added later is asked first.
    spares: ({ code, at, path }) =>
      isConditional(code, at) ||
      namesPath(code.slice(at).replace(/^\s*@\w+\.(?:get|post|route|head)\(.*$/gm, ''), path) === true,
    fix: () => 'take it out: let the listener of port 80 at the load balancer redirect instead',
  },
  {
    what: 'Flask-Talisman',
    status: 302,
    framework: 'flask',
    files: pythonCode,
    pattern: /\b(?:Talisman\(\s*\w|talisman\.init_app\()/,
    spares: ({ code, at, call }) =>
      isConditional(code, at) ||
      /force_https\s*=(?!\s*True)/.test(call) ||
      /@\w+\([^)]*force_https\s*=\s*False/.test(code),
    fix: () => 'exempt its view: @talisman(force_https=False) above the route',
  },
  {
    what: 'this middleware',
    status: 301,
    framework: 'generic',
    files: /^(?:(?:src|server|app|backend)\/)?[\w.-]+(?<!\.test|\.spec)\.[cm]?[jt]s$/,
    pattern:
      /\b\w+\.(?:use|addHook)\(\s*(?:["'`](?:[/*]+|onRequest)["'`]\s*,\s*)?(?:async\s*)?(?:function\b|\(|\w+\s*=>|\w+\.HTTPS\()/,
    spares: (place) => !redirectsInExpress(place) || answersAbove(place),
    fix: (path) => `answer the path above it: app.get('${path}', (req, res) => res.send('ok'))`,
  },
];

/** `ssl-redirect-health-check` in the app's own code. Django's settings have a reader of their own. */
export const checkRedirects: Check = (survey) => {
  const asked = readAskedPath(survey.ebextensions);
  // The proxy says that the request came over HTTPS.
  const proxied = below(survey.app.paths, '.platform').some((path) =>
    /X-Forwarded-Proto["']?\s+["']?https/i.test(survey.app.text(path) ?? ''),
  );
  if (proxied || readProxyAnswer(survey).kind === 'answers') return [];
  return redirects
    .filter(({ status, framework }) => !asked.admits(status) && framework === survey.reading.framework)
    .flatMap((redirect) => findRedirect(redirect, survey, asked))
    .slice(0, 1);
};

function findRedirect(
  { what, status, files, pattern, spares, fix }: Redirect,
  survey: Survey,
  asked: AskedPath,
): Finding[] {
  const sources = readSources(survey, files);
  const isSet = asked.file !== null;
  const { path } = asked;
  return sources.flatMap(({ file, code }) =>
    [...code.matchAll(new RegExp(pattern, `g${pattern.flags}`))].flatMap(({ index, 0: text }) => {
      const place = { survey, sources, file, path, isSet, code, at: index, call: callAt(code, index) };
      const spared = spares(place);
      if (spared === true) return [];
      const said = `answers the health check of ${path} by ${status}`;
      const why =
        spared === false
          ? `${what} ${said}: it comes over plain HTTP, without X-Forwarded-Proto`
          : `${what} ${said} once ${spared}`;
      const line = lineAt(code, index + text.search(/\S/));
      return [
        finding(
          spared === false ? 'warning' : 'info',
          'ssl-redirect-health-check',
          { file, line },
          why,
          fix(path),
        ),
      ];
    }),
  );
}

function readSources({ app }: Survey, files: RegExp): Source[] {
  return app.paths
    .filter((path) => files.test(path))
    .map((file) => {
      const language = /\.(?:py|rb)$/.test(file) ? 'ruby' : 'c';
      return { file, code: withoutComments(app.text(file) ?? '', language) };
    });
}

function sparesInRails(place: RedirectPlace): boolean {
  const { sources, file, code, at } = place;
  const all = sources.map((source) => source.code).join('\n');
  const production = sources.find((source) => source.file.endsWith('/production.rb'));
  // What production says itself comes after application.rb.
  if (production !== undefined && production.file !== file && /\bconfig\.force_ssl\s*=/.test(production.code))
    return true;
  // Rails takes every request for HTTPS then, or something may answer before ActionDispatch::SSL.
  if (
    /\bconfig\.assume_ssl\s*=(?!\s*false)|insert_before\(?\s*(?:0|\W*(?:ActionDispatch|Rack))|middleware\.unshift/.test(
      all,
    )
  )
    return true;
  const options = /\bconfig\.ssl_options\s*=[^\n]*(?:\n(?![ \t]*config\.)[^\n]*)*/.exec(all)?.[0] ?? '';
  const excludes =
    options.includes('redirect') &&
    (/redirect:\s*false/.test(options) || sparesPath(options, place) !== false);
  return excludes || isConditional(code, at);
}

function sparesInAspnet(place: RedirectPlace): boolean | string {
  const { survey, file, code, at } = place;
  // Of a solution's projects the one that serves.
  const project = survey.reading.evidence[0]?.file ?? '';
  if (!file.startsWith(project.slice(0, project.lastIndexOf('/') + 1))) return true;
  const around = enclosingHeads(code, at)
    .join('\n')
    .replace(/!\s*[\w.]+\.IsDevelopment/g, '');
  const before = [...code.slice(0, at).matchAll(/\.(?:UseHealthChecks|Map|UseWhen|MapWhen)\s*\([^;]*/g)].join(
    '\n',
  );
  if (/\bIsDevelopment\b|UseWhen|MapWhen/.test(around) || sparesPath(before, place) === true) return true;
  const { options, elsewhere } = survey.ebextensions;
  const port = [...options, ...elsewhere].some(({ option }) => /^(?:ASPNETCORE_)?HTTPS_PORTS?$/.test(option));
  const files = [...place.sources, ...readSources(survey, /(?:^|\/)appsettings(?:\.Production)?\.json$/)];
  const inCode = files.some((file) =>
    /\bHttpsPort\s*=|["']https_port["']|"Url"\s*:\s*"https:/.test(file.code),
  );
  // Without a port it switches itself off (learn.microsoft.com, HttpsRedirectionOptions.HttpsPort).
  return port || inCode
    ? false
    : 'an HTTPS port is set (ASPNETCORE_HTTPS_PORTS, HttpsPort); none is set here';
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

/** As `namesPath`; where no file sets the path, another one that is singled out may be the one that is asked for. */
function sparesPath(code: string, { path, isSet }: RedirectPlace): boolean | null {
  const named = namesPath(code, path);
  return named === false && !isSet ? null : named;
}

/** Whether a middleware of Express redirects a plain request without X-Forwarded-Proto, whatever its path. */
function redirectsInExpress(place: RedirectPlace): boolean {
  const { survey, code, at, call } = place;
  if (/\.use\(\s*\w+\.HTTPS\(/.test(call))
    return /"express-sslify"/.test(survey.app.text('package.json') ?? '');
  const end = call.search(/\.redirect\(/);
  if (end === -1 || !/["'`]https:/.test(call.slice(end))) return false;
  const condition = withConstants(call.slice(0, end), code);
  // `proto && proto !== 'https'` passes a request without the header.
  if (/([\w.$[\]'"()-]+)\s*&&\s*\1\s*!==?/.test(condition) || /===?\s*["'`]http["'`]/.test(condition))
    return false;
  const plain = /!==?\s*["'`]https["'`]|!\s*(?:req|request|ctx)\.secure\b/.test(condition);
  const handsOn = /(?:===?\s*["'`]https["'`]|\b(?:req|request|ctx)\.secure\b)[\s\S]*\bnext\(\)/.test(
    condition,
  );
  if (!saysScheme.test(condition) || (!plain && !handsOn)) return false;
  const heads = enclosingHeads(code, at).map((head) => withConstants(head, code));
  if (!holdsInProduction([condition, ...heads], survey)) return false;
  return (
    sparesPath(condition, place) !== true &&
    !(sparesPath(condition, place) === null && saysPath.test(condition))
  );
}

const saysScheme = /x-forwarded-proto|\b(?:req|request|ctx)\.(?:secure|protocol)\b/i;
const saysPath = /\b(?:req|request|ctx)\.(?:path|url|originalUrl)\b/;

/** Code with `const isProduction = process.env.NODE_ENV === 'production'` in the places of its name. */
function withConstants(text: string, code: string): string {
  const constants = code.matchAll(
    /\b(?:const|let|var)\s+(\w+)\s*=\s*(process\.env\.NODE_ENV)\s*([!=])==?\s*(["']\w+["'])/g,
  );
  return [...constants].reduce((result, [, name = '', env, sign, value]) => {
    const compare = (equal: boolean) => `${env} ${equal ? '=' : '!'}== ${value}`;
    return result
      .replace(new RegExp(`!\\s*${name}\\b`, 'g'), compare(sign !== '='))
      .replace(new RegExp(`(?<![\\w.])${name}\\b`, 'g'), compare(sign === '='));
  }, text);
}

/** Whether every condition on the environment holds; one that asks anything else but the request is not known to. */
function holdsInProduction(texts: readonly string[], { app, ebextensions }: Survey): boolean {
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
  const conditions = texts.flatMap((text) =>
    [...text.matchAll(/\bif\s*\(([\s\S]*?)\)\s*(?:\{|return\b|\w+[.(]|$)/g)].map(([, inner = '']) => inner),
  );
  return conditions
    .flatMap((text) => text.split(/&&|\|\|/))
    .every((operand) => {
      const [, sign, name] = /process\.env\.NODE_ENV\s*([!=])==?\s*["'`](\w+)["'`]/.exec(operand) ?? [];
      if (name !== undefined) return sign === '=' ? value === name : value !== name;
      return saysScheme.test(operand) || saysPath.test(operand) || /\bproto\w*\b/i.test(operand);
    });
}

/** Whether a route, or the directory of static files, above a middleware answers the path first. */
function answersAbove({ code, at, path, isSet }: RedirectPlace): boolean {
  const above = code.slice(0, at);
  if (!isSet && /["'`]\/\w*(?:health|status|ping|alive)/.test(above)) return true;
  if (path === '/' && /express\.static\(/.test(above)) return true;
  const bare = (text: string) => text.replace(/\/$/, '');
  return [...above.matchAll(/\.(get|all|use|route)\(\s*["'`](\/[^"'`]*)["'`]/g)].some(
    ([, kind, route = '']) =>
      bare(route) === bare(path) ||
      (kind === 'use' && bare(route) !== '' && path.startsWith(`${bare(route)}/`)),
  );
}
