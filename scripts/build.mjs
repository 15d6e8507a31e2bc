// Makes everything that is shipped: dist/ and THIRD_PARTY_LICENSES.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { build } from 'esbuild';

rmSync('dist', { recursive: true, force: true });

const { metafile } = await build({
  entryPoints: ['src/bin.ts'],
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  mainFields: ['module', 'main'],
  outdir: 'dist',
  // Names stay readable: a user's stack trace is a bug report.
  minifyWhitespace: true,
  minifySyntax: true,
  keepNames: false,
  legalComments: 'none',
  // Bundled CommonJS packages call `require` for Node's own modules.
  banner: {
    js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
  },
  metafile: true,
  logLevel: 'warning',
});

chmodSync('dist/bin.js', 0o755);
mkdirSync('.build', { recursive: true });
// Read by the tests that hold the bundle's budgets.
writeFileSync('.build/meta.json', JSON.stringify(metafile));
writeFileSync('THIRD_PARTY_LICENSES', thirdPartyLicenses(metafile));

/** The licence of every package of which a byte was bundled. */
function thirdPartyLicenses(meta) {
  const roots = new Set();
  for (const output of Object.values(meta.outputs)) {
    for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
      if (bytesInOutput > 0 && input.includes('node_modules/')) roots.add(packageRootOf(input));
    }
  }
  const sections = [...roots].sort().map((root) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const file = readdirSync(root).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
    const text = file === undefined ? '' : `\n${readFileSync(join(root, file), 'utf8').trim()}\n`;
    return `${name} ${version} (${license})\n${text}`;
  });
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
