import type { Framework, Role, Separator } from '../project.ts';
import { encodeString } from '../python/literals.ts';

/** What a snippet has to know: how the hook writes the variable, and what the app does with it. */
export interface SnippetChoices {
  readonly variable: string;
  readonly separator: Separator;
  readonly role: Role;
  /** The hosts the hook's list starts from; a whole list falls back to them where the variable is unset. */
  readonly hosts: readonly string[];
}

/** The lines a user pastes so that the app reads the variable. It goes below the place where the app's own list is made. */
export function hostsSnippet(framework: Framework, choices: SnippetChoices): string {
  return snippets[framework](choices).join('\n');
}

const snippets: Readonly<Record<Framework, (choices: SnippetChoices) => string[]>> = {
  django: (choices) => [
    ...pythonImports(choices),
    '',
    ...pythonAssignment('ALLOWED_HOSTS', 'ALLOWED_HOSTS', choices),
  ],
  flask: (choices) => [
    ...pythonImports(choices),
    '',
    ...pythonAssignment('app.config["TRUSTED_HOSTS"]', '(app.config.get("TRUSTED_HOSTS") or [])', choices),
  ],
  starlette: (choices) => [
    ...pythonImports(choices),
    'from starlette.middleware.trustedhost import TrustedHostMiddleware',
    '',
    ...pythonAssignment('allowed_hosts', starletteOwn(choices), choices),
    'app.add_middleware(TrustedHostMiddleware, allowed_hosts=allowed_hosts)',
  ],
  rails: ({ variable, separator, role, hosts }) => [
    `hosts = ${rubyHosts(variable, separator, role === 'whole-list' ? hosts : [])}`,
    role === 'whole-list' ? 'config.hosts = hosts' : 'config.hosts.concat(hosts)',
  ],
  // ASP.NET Core reads the variable itself (Host filtering middleware): it replaces `AllowedHosts` of appsettings.json.
  aspnet: ({ hosts }) => [
    '{',
    `  "AllowedHosts": ${JSON.stringify(hosts.length > 0 ? hosts.join(';') : 'example.com')}`,
    '}',
  ],
  // Symfony takes regular expressions: the hook's addresses are plain, so their dots are escaped here.
  symfony: ({ variable, separator }) => [
    '// config/packages/framework.php',
    `$hosts = ${phpHosts(variable, separator)};`,
    "$framework->trustedHosts(array_map(static fn (string $host): string => '^'.preg_quote($host).'$', $hosts));",
  ],
  laravel: ({ variable, separator }) => [
    '// bootstrap/app.php, inside withMiddleware()',
    `$hosts = ${phpHosts(variable, separator)};`,
    "$middleware->trustHosts(at: array_map(static fn (string $host): string => '^'.preg_quote($host).'$', $hosts));",
  ],
  generic: ({ variable, separator }) => [
    `Read the environment variable ${variable} and admit the hosts it holds, ${separatorWords[separator]}.`,
  ],
};

const separatorWords: Readonly<Record<Separator, string>> = {
  comma: 'separated by commas',
  space: 'separated by blanks',
  semicolon: 'separated by semicolons',
  json: 'a JSON list',
  none: 'one address',
};

/** The app's own list, which the user has to name: the middleware takes it as an argument. */
function starletteOwn({ hosts }: SnippetChoices): string {
  return `[${(hosts.length > 0 ? hosts : ['example.com']).map(encodeString).join(', ')}]`;
}

/**
 * Statements of Python that make `target` of the variable. Written without comprehensions, since those do not see the names of a class
 * body, where django-configurations keeps its settings.
 * @param own the expression for the app's own list */
export function pythonAssignment(
  target: string,
  own: string,
  choices: SnippetChoices,
  names: PythonNames = plainNames,
): string[] {
  const added = pythonHosts(choices, names);
  if (choices.role === 'extra-hosts') return [`${target} = list(dict.fromkeys([*${own}, *${added}]))`];
  const fallback =
    choices.hosts.length === 0 ? `list(${own})` : `[${choices.hosts.map(encodeString).join(', ')}]`;
  return [`${target} = list(${added}) or ${fallback}`];
}

/** What `os.environ` and `json.loads` are called where the statements stand. */
interface PythonNames {
  readonly environ: string;
  readonly loads: string;
}

const plainNames: PythonNames = { environ: 'os.environ', loads: 'json.loads' };

function pythonHosts({ variable, separator }: SnippetChoices, { environ, loads }: PythonNames): string {
  const text = `${environ}.get(${encodeString(variable)}, "")`;
  const parts: Readonly<Record<Separator, string>> = {
    comma: `${text}.split(",")`,
    space: `${text}.split()`,
    semicolon: `${text}.split(";")`,
    json: `${loads}(${text} or "[]")`,
    none: `[${text}]`,
  };
  return `filter(None, map(str.strip, ${parts[separator]}))`;
}

function pythonImports({ separator }: SnippetChoices): string[] {
  return separator === 'json' ? ['import json', 'import os'] : ['import os'];
}

function rubyHosts(variable: string, separator: Separator, hosts: readonly string[]): string {
  const text = `ENV.fetch("${variable}", "${separator === 'json' ? '[]' : hosts.join(join[separator])}")`;
  if (separator === 'json') return `JSON.parse(${text})`;
  if (separator === 'none') return `[${text}].reject(&:empty?)`;
  return `${text}.split(${separator === 'space' ? '' : `"${join[separator]}"`}).map(&:strip).reject(&:empty?)`;
}

function phpHosts(variable: string, separator: Separator): string {
  const text = `(string) ($_SERVER['${variable}'] ?? getenv('${variable}'))`;
  if (separator === 'json') return `json_decode(${text} ?: '[]', true)`;
  if (separator === 'none') return `array_filter([${text}])`;
  return `array_filter(array_map('trim', explode('${join[separator]}', ${text})))`;
}

const join: Readonly<Record<Separator, string>> = {
  comma: ',',
  space: ' ',
  semicolon: ';',
  json: ',',
  none: ',',
};
