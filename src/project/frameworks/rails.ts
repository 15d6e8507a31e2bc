import type { HostsSetting } from '../project.ts';
import type { Snapshot } from '../snapshot.ts';
import { type FrameworkReading, lineAt, unknownHosts } from './framework-reading.ts';

/** Rails: `config.hosts`. Production's own file comes after `application.rb` and so adds to it. */
const configFiles = ['config/environments/production.rb', 'config/application.rb', 'config/environment.rb'];

/** Recognises a Rails app by its Gemfile or `config/application.rb`, and reads the hosts it admits in production. */
export function readRails(snapshot: Snapshot): FrameworkReading | undefined {
  const gem = /^\s*gem\s+["']rails["']/m.test(snapshot.text('Gemfile') ?? '');
  const application = /\bRails::Application\b/.test(snapshot.text('config/application.rb') ?? '');
  if (!gem && !application) return undefined;
  const initializers = snapshot.paths.filter((path) => /^config\/initializers\/.*\.rb$/.test(path));
  const settings = [...configFiles, ...initializers].flatMap((file) =>
    readHosts(file, snapshot.text(file) ?? ''),
  );
  return {
    framework: 'rails',
    settings,
    evidence: [
      {
        conclusion: 'rails',
        because: gem
          ? 'the Gemfile names the gem rails'
          : 'config/application.rb defines a Rails::Application',
        file: gem ? 'Gemfile' : 'config/application.rb',
        line: null,
      },
    ],
    findings: [],
  };
}

function readHosts(file: string, text: string): HostsSetting[] {
  const code = text.replace(/^[ \t]*#.*$/gm, (comment) => ' '.repeat(comment.length));
  // A statement runs on while its brackets are open; a list over several lines is common.
  const statements = code.matchAll(
    /\bconfig\.hosts\s*(<<|\+=|=|\.(?:push|concat|append|clear|delete\w*)\b)\s*((?:\[[^\]]*\][^\n]*)|[^\n]*)/g,
  );
  return [...statements].map((match) =>
    readStatement(file, lineAt(text, match.index), match[1] ?? '', match[2] ?? ''),
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
  if (read === null || variable === undefined) {
    const hosts = [...value.matchAll(/["']([^"'#]+)["']/g)].map(([, host]) => host ?? '');
    return hosts.length === 0 ? unknown : { ...unknown, source: 'literal', role, default: hosts };
  }
  const split = /\.split\(?\s*(?:["']([^"']*)["']|(\/[^/]*\/))?\s*\)?/.exec(
    value.slice(read.index + read[0].length),
  );
  const separator = split === null ? 'none' : separatorOf(split[1] ?? split[2] ?? ' ');
  const given = read[3];
  const fallback =
    given === undefined || given === '' ? null : separator === 'comma' ? given.split(/\s*,\s*/) : [given];
  return { ...unknown, source: 'environment', variable, separator, role, default: fallback };
}

function separatorOf(text: string): HostsSetting['separator'] {
  if (text.includes(',')) return 'comma';
  if (text.includes(';')) return 'semicolon';
  return /^(?: +|\/\\s[+*]?\/)$/.test(text) ? 'space' : null;
}
