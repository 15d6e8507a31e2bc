import { regExp } from '../frameworks/framework-reading.ts';

/** What a proxy makes of the load balancer's check. */
export type ProxyAnswer =
  | { readonly kind: 'answers'; readonly status: number; readonly place: Directive }
  /** @property host what the app gets as Host; null: as the load balancer sent it */
  | { readonly kind: 'passes'; readonly host: string | null; readonly place: Directive | undefined }
  | { readonly kind: 'unknown' };

const unknown: ProxyAnswer = { kind: 'unknown' };

/** An address as the load balancer sends it. */
export const checkedHost = '10.0.1.5';
export const userAgent = 'ELB-HealthChecker/2.0';

/** What nginx answers in a server, by its phases: rewrite (of the server, then of the location), access, content.
 * @param http directives of the level above: `map`, and what a server inherits
 * @param isSet whether the path is known to be the one that is asked for: a configuration that singles out another is in doubt else */
export function answerOfServer(
  http: readonly Directive[],
  server: readonly Directive[],
  { path, isSet }: Question,
): ProxyAnswer {
  const variables = requestVariables(isSet ? path : undefined);
  for (const name of assigned(server)) variables.set(name, '');
  readMaps(http, variables);
  const rewritten = rewrite(server, variables, path);
  if (rewritten !== undefined) return rewritten;
  const levels = [http, server];
  for (let level = server; ; ) {
    const location = chooseLocation(level, path);
    if (!isSet && level.some(isForHealth)) return unknown;
    if (location?.block === undefined) break;
    level = location.block;
    levels.push(level);
  }
  // Of nested locations the innermost one's directives run.
  const answer = levels.length > 2 ? rewrite(levels.at(-1) ?? [], variables, path) : undefined;
  if (answer !== undefined) return answer;
  return refusal(levels) ?? content(levels, variables);
}

/** The path, and whether a file sets it. */
export interface Question {
  readonly path: string;
  readonly isSet: boolean;
}

/** A location of one path, which may be the one that is asked for. */
const isForHealth = ({ name, args }: Directive): boolean =>
  name === 'location' && (args[0] === '=' || /health|status|ping|alive|\bup\b/.test(args.at(-1) ?? ''));

/** A variable that `set` names anywhere is empty until then. */
function assigned(directives: readonly Directive[]): string[] {
  return directives.flatMap(({ name, args, block }) =>
    name === 'set' ? [(args[0] ?? '').replace('$', '')] : assigned(block ?? []),
  );
}

type Variables = Map<string, string | undefined>;

function requestVariables(path: string | undefined): Variables {
  const headers = { host: checkedHost, http_host: checkedHost, http_user_agent: userAgent };
  const request = { scheme: 'http', https: '', server_port: '80', request_method: 'GET', args: '' };
  const asked = { uri: path, document_uri: path, request_uri: path };
  return new Map(Object.entries<string | undefined>({ ...headers, ...request, ...asked }));
}

/** A text with its variables; undefined where one is not known. Headers that the load balancer does not send are empty. */
function interpolate(text: string, variables: Variables): string | undefined {
  let known = true;
  const result = text.replace(/\$\{?(\w+)\}?/g, (_, name: string) => {
    if (!variables.has(name) && !name.startsWith('http_')) known = false;
    const value = variables.has(name) ? variables.get(name) : '';
    if (value === undefined) known = false;
    return value ?? '';
  });
  return known ? result : undefined;
}

function readMaps(http: readonly Directive[], variables: Variables): void {
  for (const { name, args, block } of http) {
    const [source = '', target = ''] = args;
    if (name !== 'map' || block === undefined) continue;
    const given = interpolate(source, variables);
    const fits = (key: string) =>
      key.startsWith('~')
        ? regExp(key.replace(/^~\*?/, ''), key.startsWith('~*') ? 'i' : '')?.test(given ?? '')
        : key === given;
    const entry = block.find((one) => fits(one.name)) ?? block.find((one) => one.name === 'default');
    const value = given === undefined ? undefined : interpolate(entry?.args[0] ?? '', variables);
    variables.set(target.replace('$', ''), value);
  }
}

/** The directives of the rewrite module, in their order. */
function rewrite(
  directives: readonly Directive[],
  variables: Variables,
  path: string,
): ProxyAnswer | undefined {
  for (const directive of directives) {
    const { name, args, block } = directive;
    const [first = '', second = '', flag = ''] = args;
    if (name === 'set') variables.set(first.replace('$', ''), interpolate(second, variables));
    if (name === 'break') return undefined;
    if (name === 'return') {
      const status = /^\d{3}$/.test(first) ? Number(first) : 302;
      return { kind: 'answers', status, place: directive };
    }
    if (name === 'rewrite' && (regExp(first)?.test(path) ?? true)) {
      const away = /^(?:redirect|permanent)$/.test(flag) || /^(?:https?:|\$scheme)/.test(second);
      return away ? { kind: 'answers', status: flag === 'permanent' ? 301 : 302, place: directive } : unknown;
    }
    if (name === 'if' && block !== undefined) {
      const holds = condition(args, variables);
      const inner = holds === false ? undefined : rewrite(block, variables, path);
      if (inner !== undefined) return holds === undefined ? unknown : inner;
      // What a condition that is not known sets is not known either.
      if (holds === undefined)
        for (const { name, args } of block)
          if (name === 'set') variables.set((args[0] ?? '').replace('$', ''), undefined);
    }
  }
  return undefined;
}

function condition(args: readonly string[], variables: Variables): boolean | undefined {
  const words = args.join(' ').replace(/^\(\s*|\s*\)$/g, '');
  const [, variable = '', operator, right = ''] = /^(\S+?)(?:\s*(!?~\*?|!?=)\s*(.*))?$/.exec(words) ?? [];
  const left = interpolate(variable, variables);
  if (!variable.startsWith('$') || left === undefined) return undefined;
  if (operator === undefined) return left !== '' && left !== '0';
  const negated = operator.startsWith('!');
  if (operator.endsWith('=')) {
    const value = interpolate(right, variables);
    return value === undefined ? undefined : (value === left) !== negated;
  }
  const matched = regExp(right, operator.endsWith('*') ? 'i' : '')?.test(left);
  return matched === undefined ? undefined : matched !== negated;
}

/** Exact, else by regular expression unless the longest prefix says `^~`, else the longest prefix (ngx_http_core_module, location). */
function chooseLocation(directives: readonly Directive[], path: string): Directive | undefined {
  const locations = directives
    .filter(({ name }) => name === 'location')
    .map((directive) => {
      const [, sign = '', pattern = ''] = /^(=|~\*|~|\^~)?\s*(.*)$/.exec(directive.args.join(' ')) ?? [];
      return { directive, sign, pattern };
    });
  const exact = locations.find(({ sign, pattern }) => sign === '=' && pattern === path);
  const [longest] = locations
    .filter(({ sign, pattern }) => (sign === '' || sign === '^~') && path.startsWith(pattern))
    .toSorted((a, b) => b.pattern.length - a.pattern.length);
  const byPattern = locations.find(
    ({ sign, pattern }) => sign.startsWith('~') && regExp(pattern, sign === '~*' ? 'i' : '')?.test(path),
  );
  return (exact ?? (longest?.sign === '^~' ? longest : (byPattern ?? longest)))?.directive;
}

/** The access phase: `allow`, `deny`, `auth_basic`. The load balancer asks from a private address of its network. */
function refusal(levels: readonly (readonly Directive[])[]): ProxyAnswer | undefined {
  const innermost = (...names: string[]) =>
    levels
      .toReversed()
      .map((level) => level.filter(({ name }) => names.includes(name)))
      .find((found) => found.length > 0) ?? [];
  if (innermost('auth_request').length > 0) return unknown;
  const isPublic = ({ args: [from = ''] }: Directive) =>
    /^(?!10\.|127\.|172\.(?:1[6-9]|2\d|3[01])\.|192\.168\.)\d/.test(from);
  const [rule] = innermost('allow', 'deny').filter((one) => !isPublic(one));
  const [auth] = innermost('auth_basic');
  const asks = auth !== undefined && auth.args[0] !== 'off';
  if (rule !== undefined && rule.args[0] !== 'all') return unknown;
  if (rule?.name === 'deny' && !asks) return { kind: 'answers', status: 403, place: rule };
  if (!asks || (rule?.name === 'allow' && innermost('satisfy')[0]?.args[0] === 'any')) return undefined;
  return auth.args[0]?.includes('$') ? unknown : { kind: 'answers', status: 401, place: auth };
}

/** The content phase: where the request is passed on, and with which Host. Headers of an outer level count where the inner sets none. */
function content(levels: readonly (readonly Directive[])[], variables: Variables): ProxyAnswer {
  const pass = levels.at(-1)?.find(({ name }) => name.endsWith('_pass'));
  // Without a location that passes on, the platform's own does, and keeps the header.
  if (pass === undefined)
    return levels.length > 2 ? unknown : { kind: 'passes', host: null, place: undefined };
  // The other protocols hand the header over as it came.
  if (pass.name !== 'proxy_pass') return { kind: 'passes', host: null, place: pass };
  const headers = levels
    .toReversed()
    .map((level) => level.filter(({ name }) => name === 'proxy_set_header'))
    .find((set) => set.length > 0);
  const given = headers?.findLast(({ args }) => args[0]?.toLowerCase() === 'host');
  if (given === undefined && levels.some((level) => level.some(({ name }) => name === 'include')))
    return unknown;
  const target = /^https?:\/\/([^/]+)/.exec(pass.args[0] ?? '')?.[1] ?? '';
  const upstream = target.startsWith('unix:') ? 'localhost' : target;
  const host = interpolate(given?.args[1] ?? upstream, variables);
  if (host === undefined || host === '') return unknown;
  return { kind: 'passes', host: host.includes(checkedHost) ? null : host, place: given ?? pass };
}

/** A directive of nginx's configuration: `name args;` or `name args { block }`. */
export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  /** Undefined where it ends in `;`. */
  readonly block: readonly Directive[] | undefined;
  readonly file: string;
  /** 1-based. */
  readonly line: number;
}

interface Token {
  readonly text: string;
  readonly quoted: boolean;
  readonly line: number;
}

/** Reads nginx's block syntax: words, quotes, comments, `;` and braces (ngx_conf_file.c). Undefined where braces do not match or a
 * directive has no end, as where the file is a template.
 * @param firstLine the line of the file on which the source begins */
export function parseNginx(source: string, file: string, firstLine = 1): readonly Directive[] | undefined {
  const tokens = tokenize(source, firstLine);
  if (tokens === undefined) return undefined;
  let at = 0;
  const isSign = (token: Token | undefined, sign: string) => token?.text === sign && !token.quoted;
  const readBlock = (depth: number): Directive[] | undefined => {
    const directives: Directive[] = [];
    for (;;) {
      const first = tokens[at];
      if (first === undefined) return depth === 0 ? directives : undefined;
      if (isSign(first, '}')) {
        at++;
        return depth === 0 ? undefined : directives;
      }
      const words: Token[] = [];
      while (tokens[at] !== undefined && !['{', '}', ';'].some((sign) => isSign(tokens[at], sign))) {
        words.push(tokens[at++] as Token);
      }
      const end = tokens[at++];
      if (end === undefined || isSign(end, '}')) return undefined;
      const block = isSign(end, '{') ? readBlock(depth + 1) : undefined;
      if (isSign(end, '{') && block === undefined) return undefined;
      const [name, ...args] = words.map(({ text }) => text);
      if (name !== undefined) directives.push({ name, args, block, file, line: first.line });
    }
  };
  return readBlock(0);
}

/** Words of a file; undefined where a quote is not closed. */
function tokenize(source: string, firstLine: number): Token[] | undefined {
  const tokens: Token[] = [];
  let line = firstLine;
  // `${name}` is part of a word; a brace elsewhere ends one.
  const pattern =
    /(\s+)|(#[^\n]*)|"((?:\\[\s\S]|[^"\\])*)"|'((?:\\[\s\S]|[^'\\])*)'|([;{}])|((?:\\[\s\S]|\$\{\w*\}|[^\s;{}"'\\])(?:\\[\s\S]|\$\{\w*\}|[^\s;{}\\])*)|([\s\S])/g;
  for (const [whole, blank, comment, double, single, sign, word, bad] of source.matchAll(pattern)) {
    if (bad !== undefined) return undefined;
    const quoted = double ?? single;
    if (blank === undefined && comment === undefined) {
      tokens.push({ text: quoted ?? sign ?? word ?? '', quoted: quoted !== undefined, line });
    }
    line += whole.split('\n').length - 1;
  }
  return tokens;
}
