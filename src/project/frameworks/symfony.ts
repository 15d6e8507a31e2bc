import type { HostsSetting } from '../project.ts';
import type { Snapshot } from '../snapshot.ts';
import { entriesOf, itemsOf, readYaml, textOf, type Yaml } from '../yaml.ts';
import { type FrameworkReading, lineAt, unknownHosts } from './framework-reading.ts';

const yamlFiles = [
  'config/packages/prod/framework.yaml',
  'config/packages/framework.yaml',
  'app/config/config_prod.yml',
  'app/config/config.yml',
];
const frontControllers = ['public/index.php', 'web/app.php'];

/** Recognises Symfony by its framework bundle, and reads `framework.trusted_hosts`, whose entries are regular expressions. */
export function readSymfony(snapshot: Snapshot): FrameworkReading | undefined {
  if (!/"symfony\/(?:framework-bundle|symfony)"/.test(snapshot.text('composer.json') ?? '')) return undefined;
  return {
    framework: 'symfony',
    settings: [
      ...yamlFiles.flatMap((file) => fromYaml(file, snapshot.text(file) ?? '')),
      ...frontControllers.flatMap((file) => fromPhp(file, snapshot.text(file) ?? '')),
    ],
    evidence: [
      {
        conclusion: 'symfony',
        because: 'composer.json requires its framework bundle',
        file: 'composer.json',
        line: null,
      },
    ],
    findings: [],
  };
}

function fromYaml(file: string, text: string): HostsSetting[] {
  const top = entriesOf(readYaml(text).value);
  const sections = [
    ...top.filter(({ key }) => key === 'when@prod').flatMap(({ value }) => entriesOf(value)),
    ...top,
  ].filter(({ key }) => key === 'framework');
  return sections.flatMap(({ value }) =>
    entriesOf(value)
      .filter(({ key }) => key === 'trusted_hosts')
      .map((entry) => fromValue(file, entry.line, entry.value)),
  );
}

function fromValue(file: string, line: number, value: Yaml): HostsSetting {
  const unknown = unknownHosts(file, line);
  const texts =
    value.kind === 'list' ? itemsOf(value).map((item) => textOf(item) ?? '') : [textOf(value) ?? ''];
  const read = texts.map((text) => /^%env\(([\w:.-]+)\)%$/.exec(text)?.[1]?.split(':')).find(Boolean);
  if (read === undefined) {
    const hosts = texts.filter((text) => text !== '' && !text.includes('%'));
    return hosts.length === texts.length ? { ...unknown, source: 'literal', default: hosts } : unknown;
  }
  const processors = read.slice(0, -1);
  return {
    ...unknown,
    source: 'environment',
    variable: read.at(-1) ?? null,
    // Without a processor the variable is one expression, to which nothing can be appended by a separator.
    separator: processors.includes('csv') ? 'comma' : processors.includes('json') ? 'json' : null,
    role: texts.length > 1 ? 'extra-hosts' : 'whole-list',
  };
}

function fromPhp(file: string, text: string): HostsSetting[] {
  const call = /setTrustedHosts\s*\(/.exec(text);
  if (call === null) return [];
  const unknown = unknownHosts(file, lineAt(text, call.index));
  const variable = /\$_(?:SERVER|ENV)\[\s*['"](\w*TRUSTED_HOSTS)['"]\s*\]/.exec(text)?.[1];
  if (variable === undefined) return [unknown];
  // The front controller of the time splits its trusted proxies; the hosts it takes as one expression.
  const [, given = ''] = /^setTrustedHosts\s*\(([^;]*)\)\s*;/.exec(text.slice(call.index)) ?? [];
  const name = /\$\w+/.exec(given)?.[0].slice(1);
  const code = name === undefined || given.includes('[') ? given : `${given}${assignmentsOf(name, text)}`;
  const split = /explode\(\s*(['"])([,; ])\1/.exec(code)?.[2];
  const separator = split === ',' ? 'comma' : split === ';' ? 'semicolon' : split === ' ' ? 'space' : null;
  return [{ ...unknown, source: 'environment', variable, separator, role: 'whole-list' }];
}

/** What a PHP variable is assigned. */
function assignmentsOf(name: string, text: string): string {
  return [...text.matchAll(new RegExp(`\\$${name}\\s*=(?!=)([^;]*);`, 'g'))]
    .map(([, value]) => value)
    .join('\n');
}
