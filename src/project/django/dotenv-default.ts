import { baseName } from '../paths.ts';
import { importRoots, type Program } from '../python/program.ts';

/** What reads a dotenv file into the environment: python-dotenv, django-dotenv, django-environ, environs; python-decouple by itself, pydantic by its
 * `env_file`. */
const loads =
  /\b(?:load_dotenv|read_dotenv|read_env)\s*\(|\bfrom\s+decouple\s+import\b|\bimport\s+decouple\b|\benv_file["']?\s*[:=]/;

/** Names of files for developers' machines, and of patterns that are copied. */
const notDeployed = /dev|local|test|example|sample|template|dist$/i;

/** A value that a dotenv file of the bundle gives a variable where the environment has none. */
export interface DotenvValue {
  readonly file: string;
  readonly line: number;
  readonly value: string;
}

/**
 * What the settings find for a variable in a dotenv file that is deployed with them: where the environment leaves the variable unset, that
 * is the app's default, and setting the variable takes it away.
 * @param modules the files that take part in the settings, and the entry that starts them
 * @param ships whether a file of that path would be in the bundle */
export function readDotenv(
  program: Program,
  modules: readonly string[],
  ships: (path: string) => boolean,
): (name: string) => DotenvValue | undefined {
  const files = [...new Set(modules.flatMap((module) => filesOf(program, module)))].filter(ships);
  return (name) => {
    for (const file of files) {
      const found = valueIn(program.text(file) ?? '', name);
      if (found !== undefined) return { file, ...found };
    }
    return undefined;
  };
}

/** The dotenv files that a module loads: by the names in its text, looked for from its directory upwards. */
function filesOf(program: Program, module: string): string[] {
  const text = program.text(module) ?? '';
  if (!loads.test(text)) return [];
  const literals = [...text.matchAll(/["']([^"'\n]*\.env[\w.-]*)["']/g)].map(([, path = '']) =>
    baseName(path),
  );
  const names = [...new Set([...literals, '.env'])].filter((name) => !notDeployed.test(name));
  return importRoots(module)
    .flatMap((root) => names.map((name) => (root === '' ? name : `${root}/${name}`)))
    .filter((path) => program.has(path));
}

function valueIn(text: string, name: string): { line: number; value: string } | undefined {
  const lines = text.split(/\r?\n/);
  const pattern = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/;
  const index = lines.findLastIndex((line) => pattern.exec(line)?.[1] === name);
  const raw = pattern.exec(lines[index] ?? '')?.[2];
  if (raw === undefined) return undefined;
  const quoted = /^(["'])(.*)\1(?:\s*#.*)?$/.exec(raw)?.[2];
  return { line: index + 1, value: quoted ?? raw.replace(/\s+#.*$/, '') };
}
