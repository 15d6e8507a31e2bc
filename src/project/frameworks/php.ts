import type { HostsSetting } from '../project.ts';
import type { Snapshot } from '../snapshot.ts';
import { entriesOf, itemsOf, readYaml, textOf, type Yaml } from '../yaml.ts';
import { type FrameworkReading, lineAt, unknownHosts, withoutComments } from './framework-reading.ts';

const middleware = 'app/Http/Middleware/TrustHosts.php';

/** Recognises Laravel by its package, and reads the patterns of `TrustHosts` where the app has switched it on. */
export function readLaravel(snapshot: Snapshot): FrameworkReading | undefined {
  const file = 'composer.json';
  if (!/"laravel\/framework"/.test(snapshot.text(file) ?? '')) return undefined;
  const settings = [...fromMiddleware(snapshot), ...fromBootstrap(snapshot)];
  return {
    framework: 'laravel',
    settings,
    evidence: [
      { conclusion: 'laravel', because: 'composer.json requires laravel/framework', file, line: null },
    ],
    findings: [],
    ...(settings.length === 0 && {
      checksNoHost: 'the TrustHosts middleware is not switched on, and without it Laravel admits every host',
    }),
  };
}

/** Up to Laravel 10: listed in the kernel, there commented out by default. */
function fromMiddleware(snapshot: Snapshot): HostsSetting[] {
  const kernel = withoutComments(snapshot.text('app/Http/Kernel.php') ?? '', 'php');
  const text = snapshot.text(middleware);
  if (text === undefined || !/\bTrustHosts::class\b/.test(kernel)) return [];
  const code = withoutComments(text, 'php');
  const body = /function\s+hosts\s*\([^)]*\)[^{]*\{([\s\S]*?)\n\s*\}/.exec(code);
  return [readPatterns(snapshot, middleware, lineAt(code, body?.index ?? 0), body?.[1] ?? '')];
}

/** From Laravel 11 on: `->withMiddleware(fn ($middleware) => $middleware->trustHosts(at: […]))`. */
function fromBootstrap(snapshot: Snapshot): HostsSetting[] {
  const file = 'bootstrap/app.php';
  const code = withoutComments(snapshot.text(file) ?? '', 'php');
  const call = /->trustHosts\(([\s\S]*?)\)\s*;/.exec(code);
  return call === null ? [] : [readPatterns(snapshot, file, lineAt(code, call.index), call[1] ?? '')];
}

function readPatterns(snapshot: Snapshot, file: string, line: number, given: string): HostsSetting {
  const unknown = unknownHosts(file, line);
  const code = withConfig(snapshot, given);
  const read = /\benv\(\s*['"](\w+)['"]/.exec(code);
  if (read === null) return /\bconfig\(|::/.test(code) ? unknown : { ...unknown, source: 'literal' };
  const split = /\bexplode\(\s*(['"])([,; ])\1/.exec(code)?.[2];
  const alone = !/['"]\s*,|allSubdomains/.test(
    code.replace(read[0], '').replace(/explode\(\s*['"][,; ]['"]\s*,/, ''),
  );
  return {
    ...unknown,
    source: 'environment',
    variable: read[1] ?? null,
    separator: split === undefined ? 'none' : split === ',' ? 'comma' : split === ';' ? 'semicolon' : 'space',
    role: alone ? 'whole-list' : 'extra-hosts',
  };
}

/** Code with what `config('app.trusted_hosts')` says in `config/app.php` in the place of the call. */
function withConfig(snapshot: Snapshot, code: string): string {
  return code.replace(/\bconfig\(\s*['"](\w+)\.(\w+)['"]\s*\)/g, (call, file: string, key: string) => {
    const text = withoutComments(snapshot.text(`config/${file}.php`) ?? '', 'php');
    const entry = new RegExp(
      `['"]${key}['"]\\s*=>([\\s\\S]*?),?\\s*(?=\\n\\s*['"][\\w-]+['"]\\s*=>|\\n\\];|$)`,
    );
    return entry.exec(text)?.[1] ?? call;
  });
}

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
