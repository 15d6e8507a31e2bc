import type { HostsSetting } from '../project.ts';
import type { Snapshot } from '../snapshot.ts';
import { type FrameworkReading, lineAt, unknownHosts, withoutComments } from './framework-reading.ts';

/** Recognises what has no reader of its own: stacks that admit every host, and two with a list (Play, Angular's server). */
export function readOtherStack(snapshot: Snapshot): FrameworkReading | undefined {
  return readPlay(snapshot) ?? readAngular(snapshot) ?? readOpen(snapshot);
}

const generic = { framework: 'generic', settings: [], evidence: [], findings: [] } as const;

/** From Play 2.6 on the filter is switched on by default, for localhost alone (`reference.conf` of play-filters). */
function readPlay(snapshot: Snapshot): FrameworkReading | undefined {
  const file = 'conf/application.conf';
  const isPlay = /com\.typesafe\.play|org\.playframework/.test(snapshot.text('project/plugins.sbt') ?? '');
  const text = snapshot.text(file);
  if (!isPlay || text === undefined) return undefined;
  const code = withoutComments(text.replace(/^[ \t]*#.*$/gm, ''), 'c');
  if (/filters\.disabled[^\n]*AllowedHostsFilter|filters\.enabled\s*=\s*(?:\[\s*\]|null)/.test(code)) {
    return { ...generic, checksNoHost: "Play's AllowedHostsFilter is switched off" };
  }
  const list = /\bhosts\b[\s.{]*allowed\s*\+?=\s*(\[[^\]]*\]|[^\n]*)/.exec(code);
  const unknown = unknownHosts(file, list === null ? 1 : lineAt(code, list.index));
  const hosts = [...(list?.[1] ?? '"localhost" ".local" "127.0.0.1"').matchAll(/"([^"]*)"/g)].map(
    ([, host = '']) => host,
  );
  const variable = /\$\{\?(\w+)\}/.exec(list?.[1] ?? '')?.[1];
  const setting: HostsSetting = hosts.includes('.')
    ? { ...unknown, source: 'wildcard', default: ['*'] }
    : variable === undefined
      ? { ...unknown, source: 'literal', default: hosts }
      : {
          ...unknown,
          source: 'environment',
          variable,
          separator: 'none',
          role: 'extra-hosts',
          default: null,
        };
  return {
    ...generic,
    settings: [setting],
    evidence: [
      {
        conclusion: 'Play',
        because: 'project/plugins.sbt names its plugin',
        file: 'project/plugins.sbt',
        line: null,
      },
    ],
    advice: `add \${?EB_HOSTS} to play.filters.hosts.allowed in ${file}, then eb-hosts init --var EB_HOSTS --separator none --role extra-hosts`,
  };
}

/** `@angular/ssr` reads `NG_ALLOWED_HOSTS`, separated by commas, beside `allowedHosts` (angular.dev, AngularNodeAppEngineOptions). */
function readAngular(snapshot: Snapshot): FrameworkReading | undefined {
  if (!/"@angular\/ssr"/.test(snapshot.text('package.json') ?? '')) return undefined;
  const found = ['angular.json', 'src/server.ts', 'server.ts'].flatMap((file) => {
    const code = withoutComments(snapshot.text(file) ?? '', 'c');
    const list = /["']?allowedHosts["']?\s*:\s*(\[[^\]]*\])/.exec(code);
    return list === null ? [] : [{ file, line: lineAt(code, list.index), text: list[1] ?? '' }];
  })[0];
  if (found === undefined) return generic;
  const hosts = [...found.text.matchAll(/["']([^"']*)["']/g)].map(([, host = '']) => host);
  const { file, line } = found;
  const setting = {
    ...unknownHosts(file, line),
    variable: 'NG_ALLOWED_HOSTS',
    separator: 'comma',
    role: 'extra-hosts',
  } as const;
  return {
    ...generic,
    settings: [{ ...setting, source: hosts.includes('*') ? 'wildcard' : 'environment', default: null }],
    evidence: [
      { conclusion: 'Angular', because: 'package.json names @angular/ssr', file: 'package.json', line: null },
    ],
    // Beside a list, an unknown host gets the page for the browser to render, with 200.
    answersBeforeHost: () => true,
    advice: 'eb-hosts init --var NG_ALLOWED_HOSTS --separator comma --role extra-hosts',
  };
}

/** By the file that names the stack: it has no list of hosts, unless code has one of its own. */
const open: readonly (readonly [file: RegExp, sign: RegExp, name: string])[] = [
  [/^package\.json$/, /"next"\s*:/, 'Next.js'],
  [/^package\.json$/, /"nuxt"\s*:/, 'Nuxt'],
  [/^package\.json$/, /"@nestjs\/core"\s*:/, 'NestJS'],
  [/^package\.json$/, /"express"\s*:/, 'Express'],
  [/^package\.json$/, /"fastify"\s*:/, 'Fastify'],
  [/^package\.json$/, /"koa"\s*:/, 'Koa'],
  [/^(?:pom\.xml|build\.gradle(?:\.kts)?)$/, /spring-boot/, 'Spring Boot'],
  [/^(?:pom\.xml|build\.gradle(?:\.kts)?)$/, /quarkus/, 'Quarkus'],
  [/^(?:wp-config(?:-sample)?|wp-load)\.php$/, /./, 'WordPress'],
  [/^composer\.json$/, /wordpress|roots\/bedrock/, 'WordPress'],
  [/^go\.mod$/, /./, "Go's net/http"],
];

const hostHeader = String.raw`(?:\b(?:req|request|ctx|r)\.(?:hostname|host|Host|subdomains)\b|headers?(?:\.host\b|\W{1,6}host["'])|\b(?:get|header)\(\s*["']host["'])`;
/** A line that decides by the host, or keeps it for one that does; and libraries that check it. */
const checksHost = new RegExp(
  `^(?=.*${hostHeader})(?=.*(?:\\bif\\b|[!=]==?|\\bswitch\\b|\\?|\\.(?:includes|indexOf|has|test|match|some|endsWith|startsWith)\\(|^\\s*(?:const|let|var)\\b|:=)).*$|(?:allowed|trusted)_?hosts?|host-validation|\\bvhost\\b|getServerName`,
  'im',
);
/** The target of a redirect names the host, and checks nothing. */
const target = /["'`]https?:\/\/[^\n]*/g;

function readOpen(snapshot: Snapshot): FrameworkReading | undefined {
  for (const [file, sign, name] of open) {
    const manifest = snapshot.paths.find((path) => file.test(path) && sign.test(snapshot.text(path) ?? ''));
    if (manifest === undefined) continue;
    const reading = {
      ...generic,
      evidence: [{ conclusion: name, because: `${manifest} names it`, file: manifest, line: null }],
    };
    // WordPress redirects by the host in its own code, and refuses none.
    const own =
      name === 'WordPress'
        ? []
        : snapshot.paths.filter((path) => /\.(?:[cm]?[jt]sx?|java|kt|go|ya?ml|properties)$/.test(path));
    const doubt = own
      .slice(0, 1500)
      .some((path) => checksHost.test(withoutComments(snapshot.text(path) ?? '', 'c').replace(target, '')));
    return doubt ? reading : { ...reading, checksNoHost: `${name} checks no host, and no code here does` };
  }
  return undefined;
}
