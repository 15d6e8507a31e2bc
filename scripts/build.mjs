// Makes everything that is shipped: dist/ and THIRD_PARTY_LICENSES.
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
import { dirname, join, sep } from 'node:path';
import { build } from 'esbuild';

const templates = readdirSync('templates', { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ parentPath, name }) => join(parentPath, name).split(sep).join('/'));

// Built beside and swapped in: whoever runs dist/ meanwhile finds a whole one.
const outdir = `.build/dist-${process.pid}`;

const { metafile } = await build({
  entryPoints: ['src/bin.ts'],
  outdir,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  // The AWS SDK, which is imported where it is needed, gets files of its own.
  splitting: true,
  // Names are kept: a user's stack trace is a bug report.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  // Bundled CommonJS packages call `require` for Node's own modules.
  banner: {
    js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
  },
  define: {
    TEMPLATES: JSON.stringify(
      Object.fromEntries(
        templates.map((path) => [path.slice('templates/'.length), readFileSync(path, 'utf8')]),
      ),
    ),
  },
  metafile: true,
  logLevel: 'warning',
});
chmodSync(join(outdir, 'bin.js'), 0o755);

rmSync('dist', { recursive: true, force: true });
renameSync(outdir, 'dist');
mkdirSync('.build', { recursive: true });
// Read by the tests that hold the bundle's budgets.
writeFileSync('.build/meta.json', JSON.stringify(metafile).replaceAll(outdir, 'dist'));
writeFileSync('THIRD_PARTY_LICENSES', thirdPartyLicenses(metafile));

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
