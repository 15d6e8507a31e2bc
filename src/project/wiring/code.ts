import type { Separator } from '../project.ts';

/** What the code has to know of the variable that the hook fills. */
export interface WiredVariable {
  readonly variable: string;
  readonly separator: Separator;
}

/** How the app's own list of hosts comes to hold those of the variable. */
export interface Wiring {
  /** The whole file with the change; null where no place in it is certain. */
  readonly after: string | null;
  /** Why `init` does not make this change itself; null: it is safe. */
  readonly reason: string | null;
  /** Whether the list is certainly a text today, of which Django takes each letter for a host. */
  readonly isText?: boolean;
}

const characters = { comma: ',', space: ' ', semicolon: ';', json: '', none: '' } as const;

/** An expression of Python for the variable's hosts. It holds no comprehension: inside a class, one does not see the class's names.
 * @param environ what `os.environ` is called there
 * @param loads what `json.loads` is called there */
export function pythonHosts(
  { variable, separator }: WiredVariable,
  environ: string,
  loads = 'json.loads',
): string {
  const text = `${environ}.get("${variable}", "")`;
  if (separator === 'space') return `${text}.split()`;
  if (separator === 'none') return `filter(None, [${text}])`;
  if (separator === 'json') return `${loads}(${text} or "[]")`;
  return `filter(None, map(str.strip, ${text}.split("${characters[separator]}")))`;
}

/** An expression of Ruby for the variable's hosts. */
export function rubyHosts({ variable, separator }: WiredVariable): string {
  if (separator === 'json') return `JSON.parse(ENV.fetch("${variable}", "[]"))`;
  const text = `ENV.fetch("${variable}", "")`;
  if (separator === 'space') return `${text}.split`;
  const hosts = separator === 'none' ? `[${text}]` : `${text}.split("${characters[separator]}").map(&:strip)`;
  return `${hosts}.reject(&:empty?)`;
}

/** An expression of Laravel's PHP for the variable's hosts, as the anchored patterns that its trusted hosts are. */
export function phpPatterns({ variable, separator }: WiredVariable): string {
  const text = `(string) env('${variable}')`;
  const hosts =
    separator === 'json'
      ? `json_decode(${text} ?: '[]', true)`
      : separator === 'none'
        ? `array_filter([${text}])`
        : `array_filter(array_map('trim', explode('${characters[separator]}', ${text})))`;
  return `array_map(static fn (string $host): string => '^'.preg_quote($host).'$', ${hosts})`;
}
