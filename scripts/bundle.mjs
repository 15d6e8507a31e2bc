// Bundles a program as the command line is published: a few files of chunks, which src/bin.ts runs with the compiled code
// that is kept from earlier runs.
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'acorn';
import { build, transform } from 'esbuild';
import { assertAcyclic, toCommonJs } from './commonjs.mjs';

/** The names of our own functions are kept, since a user's stack trace is a bug report; those of the packages need not be. */
const trimSources = {
  name: 'trim-sources',
  setup(builder) {
    // Loaded by the AWS SDK in browsers, and for services that stream events: never here.
    builder.onResolve({ filter: /^bowser$|\/event-streams$/ }, ({ path }) => ({ path, namespace: 'unused' }));
    builder.onLoad({ filter: /.*/, namespace: 'unused' }, () => ({ contents: 'export {}' }));
    // The colours of an editor.
    builder.onResolve({ filter: /^@lezer\/highlight$/ }, ({ path }) => ({ path, namespace: 'colours' }));
    builder.onLoad({ filter: /.*/, namespace: 'colours' }, () => ({
      contents: `const tag = () => tag;
        export const tags = new Proxy(tag, { get: tag });
        export const styleTags = () => () => null;`,
    }));
    // Nothing here writes YAML.
    builder.onLoad({ filter: /[\\/]yaml[\\/].*[\\/]stringify[\\/]\w+\.js$/ }, ({ path }) => {
      const names = [...readFileSync(path, 'utf8').matchAll(/^export \{ (.*) \};$/gm)].flatMap(([, list]) =>
        list.split(', '),
      );
      return { contents: names.map((name) => `export const ${name} = undefined;`).join('\n') };
    });
    // Of its own description a package reads the version.
    builder.onLoad({ filter: /[\\/]node_modules[\\/].*[\\/]package\.json$/ }, ({ path }) => {
      const { version } = JSON.parse(readFileSync(path, 'utf8'));
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
    const load = (filter, prepare) =>
      builder.onLoad({ filter }, async ({ path }) => {
        const { code } = await transform(...(await prepare(readFileSync(path, 'utf8'))));
        return { contents: code, loader: 'js' };
      });
    const smaller = { minify: true, legalComments: 'none', target: 'node20' };
    load(/[\\/]node_modules[\\/].*\.m?js$/, (source) => {
      // Of a module the names at the top level are shortened too, of a CommonJS file they must not be.
      const isModule = /^(?:import|export)\b/m.test(source);
      return [source, isModule ? { ...smaller, format: 'esm' } : smaller];
    });
    load(/[\\/]src[\\/][^\\/].*\.ts$/, async (source) => {
      const { code } = await transform(source, { loader: 'ts', target: 'node20' });
      return [exportAll(code), smaller];
    });
  },
};

/** The same module with every function and class at its top exported: these keep their names when it is minified. esbuild's
 * `keepNames` would name each of them anew in every run. */
function exportAll(source) {
  const { body } = parse(source, { ecmaVersion: 'latest', sourceType: 'module' });
  return body
    .filter(({ type }) => type === 'FunctionDeclaration' || type === 'ClassDeclaration')
    .reduceRight((text, { start }) => `${text.slice(0, start)}export ${text.slice(start)}`, source);
}

const shared = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  mainFields: ['module', 'main'],
  // The same code as ES modules, of which the bundle takes what is used; Node's own is CommonJS, bundled whole.
  alias: { yaml: './node_modules/yaml/browser/dist/index.js' },
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  // What src/load-bundle.ts relies on.
  charset: 'ascii',
  metafile: true,
  logLevel: 'warning',
};

/** Writes `bin.js`, which runs the module `entryPoint`, and what it needs into the directory `outdir`; gives esbuild's
 * description of it all. */
export async function bundleProgram(entryPoint, outdir) {
  const { metafile, outputFiles } = await build({
    ...shared,
    entryPoints: [entryPoint],
    splitting: true,
    format: 'esm',
    outdir,
    write: false,
    plugins: [trimSources],
  });
  assertAcyclic(staticImports(metafile.outputs));
  // Short ones: sixty hashes do not compress.
  const names = new Map(outputFiles.map(({ path }, index) => [basename(path), index.toString(36)]));
  const rename = (id) => (id.startsWith('./') ? `./${names.get(basename(id))}` : id);
  // esbuild splits ES modules alone, and Node keeps compiled code for scripts alone (src/load-bundle.ts).
  const chunks = new Map(
    outputFiles.map(({ path, text }) => [names.get(basename(path)), toCommonJs(text, rename)]),
  );

  // A few files are unpacked, and installed, faster than sixty.
  const entry = Object.keys(metafile.outputs).find(
    (path) => metafile.outputs[path].entryPoint === entryPoint,
  );
  const packs = packChunks(metafile.outputs, entry, (path) => names.get(basename(path)));
  const hash = createHash('sha256');
  mkdirSync(outdir, { recursive: true });
  for (const [name, members] of packs) {
    const text = `({\n${members.map((member) => `${JSON.stringify(member)}:${wrap(chunks.get(member))}`).join(',\n')}\n})\n`;
    writeFileSync(join(outdir, name), text);
    hash.update(text);
  }

  const bundle = {
    packs: [...packs.keys()],
    entry: names.get(basename(entry)),
    build: hash.digest('hex').slice(0, 16),
  };
  const start = await build({
    ...shared,
    entryPoints: ['src/bin.ts'],
    minifyIdentifiers: true,
    format: 'cjs',
    outdir,
    define: { bundle: JSON.stringify(bundle) },
  });
  writeFileSync(join(outdir, 'package.json'), '{ "type": "commonjs" }\n');
  chmodSync(join(outdir, 'bin.js'), 0o755);
  return { ...metafile, outputs: { ...metafile.outputs, ...start.metafile.outputs } };
}

function staticImports(outputs) {
  const targets = ({ imports }) =>
    imports.filter(({ kind, external }) => !external && kind === 'import-statement').map(({ path }) => path);
  return new Map(Object.entries(outputs).map(([path, output]) => [path, targets(output)]));
}

/** Node's wrapper of a CommonJS module, without its parentheses: these make V8 compile, and keep, what no run may call. */
function wrap(code) {
  return `function(exports,require,module,__filename,__dirname){${code}}`;
}

/** The chunks by file: what every run loads, what the commands load, and what only those with AWS load. */
function packChunks(outputs, entry, nameOf) {
  const reach = (path, follows, found = new Set()) => {
    if (found.has(path)) return found;
    found.add(path);
    for (const { path: target, kind, external } of outputs[path].imports)
      if (!external && follows(target, kind)) reach(target, follows, found);
    return found;
  };
  const always = reach(entry, (_, kind) => kind === 'import-statement');
  const offline = reach(entry, (path) => !outputs[path].entryPoint?.startsWith('src/beanstalk/'));
  const all = Object.keys(outputs);
  const members = {
    'start.js': [...always],
    'commands.js': [...offline].filter((path) => !always.has(path)),
    'aws.js': all.filter((path) => !offline.has(path) && !always.has(path)),
  };
  const packs = Object.entries(members).map(([name, paths]) => [name, paths.map(nameOf)]);
  return new Map(packs.filter(([, chunks]) => chunks.length > 0));
}
