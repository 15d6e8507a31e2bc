import { accessSync, constants, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot, packageVersion } from '../../src/package-root.ts';

const read = (path: string) => readFileSync(join(packageRoot, path), 'utf8');
const manifest = JSON.parse(read('package.json')) as { scripts: object; engines: { node: string } };

it.each(['ci.yml', 'release.yml'])('%s runs what exists, and pins every action by its commit', (name) => {
  const text = read(`.github/workflows/${name}`);
  const scripts = [...text.matchAll(/- run: npm (?:run )?(\S+)/g)].map(([, script = '']) => script);
  expect(scripts).toContain('ci');
  expect(
    scripts.filter((script) => !['ci', 'publish'].includes(script) && !(script in manifest.scripts)),
  ).toEqual([]);
  for (const [, file = ''] of text.matchAll(/- run: .* (\.ci\/\S+)/g))
    accessSync(join(packageRoot, file), constants.X_OK);
  const actions = [...text.matchAll(/uses: (.*)/g)].map(([, action = '']) => action);
  expect(actions.filter((action) => !/^[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action))).toEqual([]);
});

it('the tests run on the oldest Node that the package promises', () => {
  const [, oldest] = /node: \['([\d.]+)'/.exec(read('.github/workflows/ci.yml')) ?? [];
  expect(manifest.engines.node).toBe(`>=${oldest}`);
});

it('a release is tested before the job that may publish', () => {
  const [verify = '', publish = ''] = read('.github/workflows/release.yml').split(/^ {2}publish:$/m);
  expect(verify).toContain('- run: npm test');
  expect(verify).not.toContain('id-token');
  expect(publish).toMatch(/needs: verify[\s\S]*npm publish --provenance --access public/);
});

it('the changelog has an entry of this version', () => {
  expect(read('CHANGELOG.md')).toContain(`\n## [${packageVersion()}] - `);
});
