import type { HostsSetting } from '../project.ts';
import type { Snapshot } from '../snapshot.ts';
import { entriesOf, itemsOf, readYaml, textOf, type Yaml } from '../yaml.ts';
import { type FrameworkReading, unknownHosts } from './framework-reading.ts';

const yamlFiles = ['config/packages/prod/framework.yaml', 'config/packages/framework.yaml'];

/** Recognises Symfony by its framework bundle, and reads `framework.trusted_hosts`, whose entries are regular expressions. */
export function readSymfony(snapshot: Snapshot): FrameworkReading | undefined {
  const file = 'composer.json';
  if (!/"symfony\/(?:framework-bundle|symfony)"/.test(snapshot.text(file) ?? '')) return undefined;
  const settings = yamlFiles.flatMap((path) => fromYaml(path, snapshot.text(path) ?? ''));
  return {
    framework: 'symfony',
    settings,
    evidence: [
      { conclusion: 'symfony', because: 'composer.json requires its framework bundle', file, line: null },
    ],
    findings: [],
    ...(settings.length === 0 && {
      checksNoHost: 'framework.trusted_hosts is not set, and without it Symfony admits every host',
    }),
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
