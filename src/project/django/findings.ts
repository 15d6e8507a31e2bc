import { type Finding, finding, nowhere } from '../../findings.ts';
import { lineAt } from '../frameworks/framework-reading.ts';
import { isMetadataAddress, isMetadataLibrary } from '../python/library.ts';
import type { DotenvValue } from './dotenv-default.ts';
import { type DjangoFacts, linesWith, middlewareOf, placeOfSetting, readSetting, textsOf } from './facts.ts';
import { type Cause, type HealthCheckAnswer, isAnsweringLibrary } from './health-check.ts';
import { hostsOf } from './hosts.ts';
import { findView } from './urlconf.ts';

/** One thing to look for. */
type Check = (facts: DjangoFacts) => Finding[];

/** Everything that can be wrong with the settings, and with the answer to the health check. */
export function djangoFindings(
  facts: DjangoFacts,
  answer: HealthCheckAnswer,
  form: 'list' | 'string',
  dotenv: (name: string) => DotenvValue | undefined,
): Finding[] {
  return [
    ...(form === 'string' ? [notAList(facts)] : source(facts)),
    ...checks.flatMap((check) => check(facts)),
    ...late(facts, answer),
    ...dotenvOverrides(facts, dotenv),
    ...(answer.kind === 'exempt'
      ? []
      : [...tenants(facts), ...answerFindings(facts, answer), ...missingRoute(facts, answer)]),
  ];
}

/** `settings-unparsable`: a settings file is not valid Python as far as we can tell. */
const unparsable: Check = ({ program, pass }) =>
  pass.files.flatMap((file) => {
    const module = program.module(file);
    if (module === undefined || module.errorAt === null) return [];
    const place = { file, line: lineAt(module.text, module.errorAt) };
    const message =
      'from here on this settings file could not be read as Python; what stands there was left out';
    return [finding('info', 'settings-unparsable', place, message, `run 'python -m py_compile ${file}'`)];
  });

const takeOut = "let the hook write the address ('eb-hosts init') and take this out";

/** `settings-metadata`: the settings ask the metadata service for the address themselves. */
const metadata: Check = (facts) => {
  const asks = (line: string) => {
    const imported = /^\s*(?:from|import)\s+([\w.]+)/.exec(line)?.[1];
    return (
      isMetadataAddress(line) ||
      isContainerAddress(line) ||
      (imported !== undefined && isMetadataLibrary(imported))
    );
  };
  const isApp = textsOf(facts, 'INSTALLED_APPS').some((app) => /^ebhealthcheck\b/.test(app));
  const [line] = linesWith(facts, asks);
  const app = isApp
    ? (linesWith(facts, (one) => /["']ebhealthcheck\b/.test(one))[0] ??
      placeOfSetting(facts, 'INSTALLED_APPS'))
    : undefined;
  const place = line ?? app;
  if (place === undefined) return [];
  const text = facts.program.text(place.file) ?? '';
  const ways = line !== undefined && isContainerAddress(line.text) ? [containerWay] : [tokenWay(text)];
  if (line === undefined || !/timeout/.test(text))
    ways.push('without a time-out it hangs every manage.py command off AWS');
  const who =
    line === undefined
      ? 'the app ebhealthcheck asks the metadata service each time Django starts'
      : 'the settings ask the metadata service each time they load';
  return [finding('info', 'settings-metadata', place, `${who}: ${ways.join('; ')}`, takeOut)];
};

/** How a request fails where the instance answers only those with a token. */
function tokenWay(text: string): string {
  if (/latest\/api\/token|metadata-token|ec2_metadata/i.test(text))
    return 'inside Docker the token does not come back where the hop limit is 1';
  const refused = 'it asks without a token: where only IMDSv2 answers,';
  if (/\burlopen\b/.test(text)) return `${refused} the 401 is raised as an error`;
  return /raise_for_status|status_code|\.ok\b/.test(text)
    ? `${refused} it gets no address`
    : `${refused} the text of the 401 becomes a "host"`;
}

/** The endpoint of ECS, which tells of the container and not of the instance. */
function isContainerAddress(line: string): boolean {
  return /ECS_CONTAINER_METADATA_URI|169\.254\.170\.2/.test(line);
}

const containerWay =
  "it tells the container's address: with bridge networks, as on Elastic Beanstalk, health checks ask for the instance's";

/** `hosts-own-address`: the settings add what the machine's own name resolves to. */
const ownAddress: Check = (facts) => {
  const [place] = linesWith(facts, (line) => /gethostbyname(_ex)?\s*\(/.test(line));
  if (place === undefined) return [];
  const message =
    "the settings look up the machine's own name: inside Docker that is the container's address, not the one health checks use";
  return [finding('info', 'hosts-own-address', place, message, takeOut)];
};

const shown = "'eb-hosts init' shows or makes the change";

/** `hosts-wildcard`, `hosts-literal`, `hosts-file`, `hosts-unknown`: no variable reaches the list. Code, message and cure by its source. */
const sources: Readonly<Record<string, readonly [Finding['code'], string, string]>> = {
  wildcard: [
    'hosts-wildcard',
    'admits every host: health checks pass, and so does any forged Host header',
    "name the site's hosts, and let the hook add the instance's address",
  ],
  literal: ['hosts-literal', 'is a fixed list: no environment variable reaches it', shown],
  file: ['hosts-file', 'comes from a file: no environment variable reaches it', shown],
  secret: ['hosts-file', 'comes from a store of secrets: no environment variable reaches it', shown],
  unknown: [
    'hosts-unknown',
    'is made in a way that cannot be told from the code',
    "see for yourself: 'eb-hosts rehearse -- COMMAND'; or name the variable: 'eb-hosts init --var NAME --separator …'",
  ],
};

/** Those, and `hosts-empty`. */
const source: Check = ({ setting }) => {
  const known = setting && sources[setting.source];
  if (known === undefined) return [];
  if (setting?.source === 'literal' && setting.default?.length === 0) {
    const message = 'ALLOWED_HOSTS is empty: with DEBUG off Django refuses every request';
    return [finding('warning', 'hosts-empty', setting, message, "list the site's hosts")];
  }
  const [code, what, fix] = known;
  return [finding('info', code, setting ?? nowhere, `ALLOWED_HOSTS ${what}`, fix)];
};

/** `hosts-not-a-list`: the setting is one text. Django compares its letters with the host, and since 4.0 refuses to start. */
function notAList({ setting, governing }: DjangoFacts): Finding {
  const message =
    'ALLOWED_HOSTS is one text where Django wants a list: no host matches, and since version 4.0 Django does not start';
  const place = setting ?? { file: governing, line: null };
  const fix = "make a list of it, for example with .split(',')";
  return finding('error', 'hosts-not-a-list', place, message, fix);
}

/** `exemption-too-late`: without the hook the check is refused before a middleware that would answer it. */
function late(
  { healthCheck: { path } }: DjangoFacts,
  { kind, file, line, causes }: HealthCheckAnswer,
): Finding[] {
  const cause = causes.find(({ what }) => what === 'late');
  if (kind !== 'refused-before-host' || cause === undefined) return [];
  const message = `${cause.message}: without the hook the check of ${path} is refused there`;
  const fix = 'move the middleware up, before all others, or keep the hook';
  return [finding('info', 'exemption-too-late', { file, line }, message, fix)];
}

/** `hosts-default-wildcard`, `hosts-separator`: a variable is read, in a way to know of. */
const variable: Check = ({ setting }) => {
  const name = setting?.variable;
  if (setting === undefined || name == null) return [];
  const findings: Finding[] = [];
  if (setting.default?.includes('*')) {
    const message = `without ${name} every host is admitted; as soon as it is set, only the hosts it names are`;
    const fix = `set ${name} to the site's hosts: 'eb setenv ${name}=…'`;
    findings.push(finding('info', 'hosts-default-wildcard', setting, message, fix));
  }
  if (setting.separator === null) {
    const message = `${name} reaches ALLOWED_HOSTS, but neither as one plain host nor as a list that eb-hosts can write`;
    const fix = "split it by commas, or take the change that 'eb-hosts init' shows";
    findings.push(finding('info', 'hosts-separator', setting, message, fix));
  }
  return findings;
};

/** `hosts-bad-entry`: an entry that no Host header ever matches, or only by accident. */
const badEntries: Check = (facts) =>
  [...new Set(hostsOf(readSetting(facts, 'ALLOWED_HOSTS')) ?? [])].flatMap((host) => {
    const [what, fix] = whyBad(host) ?? [];
    if (what === undefined || fix === undefined) return [];
    const place = facts.setting ?? { file: facts.governing, line: null };
    const message = `the entry '${host}' of ALLOWED_HOSTS ${what}`;
    return [finding('warning', 'hosts-bad-entry', place, message, fix)];
  });

/** What is wrong with a host of the list, and the cure (Django: `django.http.request.validate_host`). */
function whyBad(host: string): readonly [string, string] | null {
  if (/:\/\//.test(host)) return ['is a URL and matches nothing', 'write the host name alone'];
  if (host.trim() !== host) return ['has spaces around it and matches nothing', 'take the blanks out'];
  if (/\//.test(host)) return ['holds a slash and matches nothing', 'write the host name alone'];
  if (/^\*./.test(host))
    return ['is not a pattern that Django knows', `write '${host.replace(/^\*\.?/, '.')}'`];
  if (/.\*/.test(host))
    return [
      'is not a pattern that Django knows',
      'name the hosts; the hook adds the address of each instance',
    ];
  if (/^[^[\]:]+:[\d*]+$/.test(host))
    return ['has a port and matches nothing', 'leave the port out: Django does not compare it'];
  if (/^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)\d+\.\d+(\.\d+)?$/.test(host))
    return [
      'is a private address, gone with the next instance',
      'take it out: the hook adds the current one',
    ];
  return null;
}

/** `first-host-used`: the first entry serves as the site's name. */
const firstHost: Check = (facts) => {
  const [place] = linesWith(facts, (line) => /\bALLOWED_HOSTS\s*\[\s*0\s*\]/.test(line));
  if (place === undefined) return [];
  const message = "the first entry of ALLOWED_HOSTS serves as the site's name: it must stay the first";
  const fix = 'set the variable to begin with the site; the hook puts addresses last';
  return [finding('info', 'first-host-used', place, message, fix)];
};

/** `health-middleware`: middleware of a library answers health checks. */
const healthMiddleware: Check = (facts) => {
  const name = middlewareOf(facts).find((one) => isAnsweringLibrary(facts, one));
  if (name === undefined) return [];
  const message = `${name} answers health checks itself, or admits their addresses`;
  const fix = 'keep one of the two: this middleware, or the hook';
  return [finding('info', 'health-middleware', placeOfSetting(facts, 'MIDDLEWARE(_CLASSES)?'), message, fix)];
};

const checks: readonly Check[] = [
  unparsable,
  metadata,
  ownAddress,
  variable,
  badEntries,
  firstHost,
  healthMiddleware,
];

/** `dotenv-overrides`: a `.env` file of the bundle beats what the hook puts into the environment. */
function dotenvOverrides(
  { program, calls, setting }: DjangoFacts,
  dotenv: (name: string) => DotenvValue | undefined,
): Finding[] {
  const value = setting?.variable == null ? undefined : dotenv(setting.variable);
  const call = calls.find(
    ({ callee, args }) =>
      /(^|\.)(load_dotenv|read_dotenv|read_env)$/.test(callee) &&
      ['override', 'overwrite'].some((name) => args.named.get(name) === true),
  );
  if (value === undefined || call === undefined) return [];
  const place = { file: call.place.file, line: lineAt(program.text(call.place.file) ?? '', call.place.from) };
  const message = `${value.file} sets ${setting?.variable}, and this lets it override the environment: the app never sees what the hook writes`;
  const fix = `read the file without override, or leave ${setting?.variable} out of it`;
  return [finding('warning', 'dotenv-overrides', place, message, fix)];
}

/** `tenant-middleware`: a library's middleware answers a host it does not know by 404. */
function tenants(facts: DjangoFacts): Finding[] {
  const name = middlewareOf(facts).find((one) =>
    /^(django_tenants|tenant_schemas)\..*\bTenant(Main)?Middleware$/.test(one),
  );
  if (name === undefined || readSetting(facts, 'SHOW_PUBLIC_IF_NO_TENANT_FOUND') === true) return [];
  const message = `${name} chooses by the Host header: an address it does not know is answered 404 although it is allowed`;
  const fix = 'let the health path be served without a tenant (a public urlconf, or a middleware before it)';
  return [finding('warning', 'tenant-middleware', placeOfSetting(facts, 'MIDDLEWARE'), message, fix)];
}

/**
 * `ssl-redirect-health-check`, `append-slash`, `health-check-redirect`, `health-check-login`: what the check gets instead of 200. All that stands in its way is one finding with one advice, so that no advice undoes another.
 */
function answerFindings(facts: DjangoFacts, { causes }: HealthCheckAnswer): Finding[] {
  const { path, admits } = facts.healthCheck;
  const open = causes.filter(({ what, status }) => what !== 'late' && !admits(status));
  const [first] = open;
  if (first === undefined) return [];
  const has = (what: Cause['what']) => open.some((cause) => cause.what === what);
  const asked = has('slash') ? `${path}/` : path;
  const pattern = asked.slice(1).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const another = 'name a path whose view answers 200: --health-check-path PATH';
  const advice: Readonly<Record<Cause['what'], string>> = {
    slash: `give the path with its slash: --health-check-path ${asked}`,
    ssl: `exempt the path: SECURE_REDIRECT_EXEMPT = [r'^${pattern}$']`,
    www: 'answer the path in a middleware before CommonMiddleware, or let the proxy add www.',
    view: another,
    language: another,
    login: 'take the login off this view, or name a path that is open to all',
    permission: 'open this view: permission_classes with AllowAny',
    late: '',
  };
  const kinds = Object.keys(advice) as Cause['what'][];
  const fix = [...new Set(kinds.filter(has).map((what) => advice[what]))].join(', and ');
  const statuses = [...new Set(open.map(({ status }) => status))].join(' or ');
  const message = `the health check of ${path} gets ${statuses}: ${open.map((cause) => cause.message).join('; ')}`;
  return [finding('warning', codes[first.what], first, message, fix)];
}

const codes: Readonly<Record<Cause['what'], Finding['code']>> = {
  ssl: 'ssl-redirect-health-check',
  slash: 'append-slash',
  www: 'health-check-redirect',
  view: 'health-check-redirect',
  language: 'health-check-redirect',
  login: 'health-check-login',
  permission: 'health-check-login',
  late: 'exemption-too-late',
};

/** `health-path-not-found`: nothing answers the path that is asked for while none is set. */
function missingRoute(facts: DjangoFacts, { causes }: HealthCheckAnswer): Finding[] {
  const { path, isDefault } = facts.healthCheck;
  if (!isDefault || causes.length > 0 || findView(facts.routes, path).answer !== 'no') return [];
  const message = `the urlconf has no route for ${path}, which the load balancer asks for unless a path is set outside the bundle: it gets 404`;
  const fix = "set a path that a view answers by 200: 'eb-hosts init --health-check-path PATH'";
  return [finding('warning', 'health-path-not-found', placeOfSetting(facts, 'ROOT_URLCONF'), message, fix)];
}
