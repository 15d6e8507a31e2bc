// Makes everything that is shipped: dist/ and THIRD_PARTY_LICENSES.
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { build, transform } from 'esbuild';

// Built beside and swapped in: whoever runs dist/ meanwhile finds a whole one.
const outdir = `.build/dist-${process.pid}`;

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
    const load = (filter, options) =>
      builder.onLoad({ filter }, async ({ path }) => {
        const source = readFileSync(path, 'utf8');
        const { code } = await transform(source, {
          // Of a module the names at the top level are shortened too, of a CommonJS file they must not be.
          ...(/^(?:import|export)\b/m.test(source) && { format: 'esm' }),
          minify: true,
          legalComments: 'none',
          target: 'node20',
          ...options,
        });
        return { contents: code, loader: 'js' };
      });
    load(/[\\/]node_modules[\\/].*\.m?js$/, { loader: 'js' });
    load(/[\\/]src[\\/][^\\/].*\.ts$/, { loader: 'ts', keepNames: true });
  },
};

const shared = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  mainFields: ['module', 'main'],
  // The same code as ES modules, of which the bundle takes what is used; Node's own is CommonJS, bundled whole.
  alias: { yaml: './node_modules/yaml/browser/dist/index.js' },
  minifyWhitespace: true,
  minifySyntax: true,
  minifyIdentifiers: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
};

const { metafile, outputFiles } = await build({
  ...shared,
  entryPoints: ['src/cli.ts'],
  splitting: true,
  format: 'esm',
  outdir,
  write: false,
  plugins: [trimSources],
});
const chunks = new Map();
for (const { path, text } of outputFiles) chunks.set(basename(path), await makeCommonJs(text));

// A few files are unpacked, and installed, faster than sixty.
const packs = packChunks(metafile.outputs);
const hash = createHash('sha256');
mkdirSync(outdir, { recursive: true });
for (const [name, members] of packs) {
  const text = `({\n${members.map((member) => `${JSON.stringify(member)}:${wrap(chunks.get(member))}`).join(',\n')}\n})\n`;
  writeFileSync(join(outdir, name), text);
  hash.update(text);
}

const bundle = { packs: [...packs.keys()], entry: 'cli.js', build: hash.digest('hex').slice(0, 16) };
const start = await build({
  ...shared,
  entryPoints: ['src/bin.ts'],
  format: 'cjs',
  outdir,
  define: { bundle: JSON.stringify(bundle) },
});
Object.assign(metafile.outputs, start.metafile.outputs);
writeFileSync(`${outdir}/package.json`, '{ "type": "commonjs" }\n');

chmodSync(`${outdir}/bin.js`, 0o755);
rmSync('dist', { recursive: true, force: true });
renameSync(outdir, 'dist');
mkdirSync('.build', { recursive: true });
// Read by the tests that hold the bundle's budgets.
writeFileSync('.build/meta.json', JSON.stringify(metafile).replaceAll(outdir, 'dist'));
writeFileSync('THIRD_PARTY_LICENSES', thirdPartyLicenses(metafile));

/** esbuild splits ES modules alone, and Node keeps compiled code for scripts alone (src/load-bundle.ts). */
async function makeCommonJs(source) {
  const ownUrl = 'const importMetaUrl=require("node:url").pathToFileURL(__filename).href;';
  const { code } = await transform(source, {
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    minify: true,
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': 'importMetaUrl' },
    banner: source.includes('import.meta.url') ? ownUrl : '',
  });
  return code;
}

/** Node's wrapper of a CommonJS module. */
function wrap(code) {
  return `(function(exports,require,module,__filename,__dirname){${code}})`;
}

/** The chunks by file: what every run loads, what the commands load, and what only those with AWS load. */
function packChunks(outputs) {
  const reach = (path, follows, found = new Set()) => {
    if (found.has(path)) return found;
    found.add(path);
    for (const { path: target, kind, external } of outputs[path].imports)
      if (!external && follows(target, kind)) reach(target, follows, found);
    return found;
  };
  const entry = Object.keys(outputs).find((path) => outputs[path].entryPoint === 'src/cli.ts');
  const always = reach(entry, (_, kind) => kind === 'import-statement');
  const offline = reach(entry, (path) => !outputs[path].entryPoint?.startsWith('src/beanstalk/'));
  const all = Object.keys(outputs);
  const members = {
    'start.js': [...always],
    'commands.js': [...offline].filter((path) => !always.has(path)),
    'aws.js': all.filter((path) => !offline.has(path) && !always.has(path)),
  };
  return new Map(Object.entries(members).map(([name, paths]) => [name, paths.map((path) => basename(path))]));
}

/** The licence of every package of which a byte was bundled. */
function thirdPartyLicenses(meta) {
  const roots = new Set();
  for (const output of Object.values(meta.outputs)) {
    for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
      if (bytesInOutput > 0 && input.includes('node_modules/')) roots.add(packageRootOf(input));
    }
  }
  const namesByText = new Map();
  for (const root of [...roots].sort()) {
    const { name, version, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const file = readdirSync(root).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
    const text = file === undefined ? '' : readFileSync(join(root, file), 'utf8').trim();
    namesByText.set(text, [...(namesByText.get(text) ?? []), `${name} ${version} (${license})`]);
  }
  // The same text is printed once, below all the packages that are under it.
  const sections = [...namesByText].map(([text, names]) => `${names.join('\n')}\n\n${text}\n`);
  return `eb-hosts bundles these packages.\n\n${sections.join(`\n${'-'.repeat(80)}\n\n`)}`;
}

function packageRootOf(input) {
  let root = dirname(input.split('/').join(sep));
  while (!isPackage(root)) root = dirname(root);
  return root;
}

/** A package.json without a name only tells Node how to read a folder. */
function isPackage(directory) {
  const file = join(directory, 'package.json');
  return existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).name !== undefined;
}
