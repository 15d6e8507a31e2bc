import type { HostsSetting } from '../project.ts';
import type { Snapshot } from '../snapshot.ts';
import {
  type FrameworkReading,
  lineAt,
  namesPath,
  regExp,
  unknownHosts,
  withoutComments,
} from './framework-reading.ts';

/** The code that configures Rails in production, without comments; the environment's own file first, since it runs last. */
function railsConfiguration(snapshot: Snapshot): { readonly file: string; readonly code: string }[] {
  const initializers = snapshot.paths.filter((path) => /^config\/initializers\/.*\.rb$/.test(path));
  return [
    'config/environments/production.rb',
    'config/application.rb',
    'config/environment.rb',
    ...initializers,
  ].map((file) => ({ file, code: withoutComments(snapshot.text(file) ?? '', 'ruby') }));
}

/** Recognises a Rails app by its Gemfile or `config/application.rb`, and reads the hosts it admits in production. */
export function readRails(snapshot: Snapshot): FrameworkReading | undefined {
  const gem = /^\s*gem\s+["']rails["']/m.test(snapshot.text('Gemfile') ?? '');
  const application = /\bRails::Application\b/.test(snapshot.text('config/application.rb') ?? '');
  if (!gem && !application) return undefined;
  const configuration = railsConfiguration(snapshot);
  const settings = configuration.flatMap(({ file, code }) => readHosts(file, code));
  // The statements add up: one that admits addresses is enough.
  const open = settings.find(({ source }) => source === 'metadata' || source === 'wildcard');
  const exclude = excludedFromHosts(configuration.map(({ code }) => code).join('\n'));
  const [file, because] = gem
    ? ['Gemfile', 'the Gemfile names the gem rails']
    : ['config/application.rb', 'config/application.rb defines a Rails::Application'];
  return {
    framework: 'rails',
    settings: open === undefined ? settings : [open, ...settings.filter((setting) => setting !== open)],
    evidence: [{ conclusion: 'rails', because, file, line: null }],
    findings: [],
    answersBeforeHost: exclude === undefined ? undefined : (path) => namesPath(exclude, path) ?? true,
    ...(settings.length === 0 && {
      checksNoHost: 'config.hosts is not set for production, and without it Rails admits every host there',
    }),
  };
}

/** `config.host_authorization = { exclude: ->(request) { … } }`: what is excluded. */
function excludedFromHosts(code: string): string | undefined {
  const at = code.search(/\bconfig\.host_authorization\s*=/);
  return at === -1 ? undefined : /exclude\b[^\n]*(?:\n(?![ \t]*config\.)[^\n]*)*/.exec(code.slice(at))?.[0];
}

function readHosts(file: string, code: string): HostsSetting[] {
  // A statement runs on while its brackets are open; a list over several lines is common.
  const statements = code.matchAll(
    /\bconfig\.hosts\s*(<<|\+=|=|\.(?:push|concat|append|clear|delete\w*)\b)\s*((?:\[[^\]]*\][^\n]*)|[^\n]*)/g,
  );
  return [...statements].map((match) =>
    readStatement(file, lineAt(code, match.index), match[1] ?? '', match[2] ?? ''),
  );
}

function readStatement(file: string, line: number, operator: string, value: string): HostsSetting {
  const unknown = unknownHosts(file, line);
  if (operator === '.clear' || (operator === '=' && /^(?:nil|\[\s*\])\s*$/.test(value))) {
    return { ...unknown, source: 'wildcard', default: ['*'] };
  }
  const role = operator === '=' ? 'whole-list' : 'extra-hosts';
  const read =
    /\bENV(?:\[\s*["'](\w+)["']\s*\]|\.fetch\(\s*["'](\w+)["'](?:\s*,\s*["']([^"']*)["'])?\s*\))/.exec(value);
  const variable = read?.[1] ?? read?.[2];
  if (read !== null && variable !== undefined)
    return fromVariable({ ...unknown, variable, role }, read[3], value.slice(read.index + read[0].length));
  if (admitsAddresses(value)) return { ...unknown, source: 'metadata', role };
  const hosts = [...value.matchAll(/["']([^"'#]+)["']/g)].map(([, host]) => host ?? '');
  return hosts.length === 0 ? unknown : { ...unknown, source: 'literal', role, default: hosts };
}

/** Whether a range of addresses, a pattern that matches one, or the machine's own address is in the list. */
function admitsAddresses(value: string): boolean {
  if (/\bIPAddr\b|169\.254\.169\.254|ip_address|getaddress/.test(value)) return true;
  const patterns = [...value.matchAll(/(?:^|[[,\s(])\/((?:\\.|[^/\\\n])+)\/|%r\{([^}]+)\}/g)];
  return patterns.some(([, slashes, braces]) => regExp(slashes ?? braces ?? '')?.test('10.0.1.5') ?? true);
}

function fromVariable(setting: HostsSetting, fallback: string | undefined, rest: string): HostsSetting {
  const split = /\.split\(?\s*(?:["']([^"']*)["']|(\/[^/]*\/))?\s*\)?/.exec(rest);
  const separator = split === null ? 'none' : separatorOf(split[1] ?? split[2] ?? ' ');
  const hosts =
    separator === 'comma' ? fallback?.split(/\s*,\s*/) : fallback === undefined ? undefined : [fallback];
  return { ...setting, source: 'environment', separator, default: fallback ? (hosts ?? null) : null };
}

function separatorOf(text: string): HostsSetting['separator'] {
  if (text.includes(',')) return 'comma';
  if (text.includes(';')) return 'semicolon';
  return /^(?: +|\/\\s[+*]?\/)$/.test(text) ? 'space' : null;
}
