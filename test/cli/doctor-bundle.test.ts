import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync, type Zippable, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { hookPath } from '../../src/generated-paths.ts';
import { git, repositoryOf, scratchDirectory } from '../support/scratch.ts';
import { runMain } from './in-process.ts';

const app = {
  'manage.py':
    'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_a.settings")\nimport django\n',
  'requirements.txt': 'django\n',
  'site_a/settings.py':
    'import os\nALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "example.com").split(",")\nINSTALLED_APPS = []\n',
  '.ebextensions/django.config':
    'option_settings:\n  aws:elasticbeanstalk:container:python:\n    WSGIPath: site_a.wsgi:application\n',
  // None of these counts for a bundle that is made already.
  '.ebignore': '*.sh\n',
  '.elasticbeanstalk/config.yml': 'deploy:\n  artifact: Dockerrun.aws.json\n',
};

/** What git archive makes of the app, with hooks. */
async function packed(): Promise<Record<string, Uint8Array>> {
  const root = repositoryOf(app);
  expect((await runMain(['init', '--yes', '--quiet'], { cwd: root })).status).toBeLessThan(2);
  git(root, 'add', '--all', '--force');
  git(root, 'commit', '--quiet', '--message', 'hooks');
  git(root, 'archive', '--format=zip', '--output=app.zip', 'HEAD');
  return unzipSync(readFileSync(join(root, 'app.zip')));
}

async function doctor(files: Zippable) {
  const cwd = scratchDirectory();
  writeFileSync(join(cwd, 'app.zip'), zipSync(files));
  const before = readdirSync(tmpdir()).filter((name) => name.startsWith('eb-hosts-bundle-'));
  const { status, stdout } = await runMain(['doctor', '--json', '--bundle', 'app.zip'], { cwd });
  const left = readdirSync(tmpdir()).filter((name) => name.startsWith('eb-hosts-bundle-'));
  expect(left.filter((name) => !before.includes(name) && existsSync(join(tmpdir(), name)))).toEqual([]);
  const { findings } = JSON.parse(stdout) as { findings: { severity: string; code: string }[] };
  return { status, codes: findings.filter(({ severity }) => severity !== 'info').map(({ code }) => code) };
}

const text = (content: string) => new Uint8Array(Buffer.from(content));

describe('eb-hosts doctor --bundle', () => {
  it('has nothing to say of a whole bundle, and tells what is wrong with another', async () => {
    const files = await packed();
    expect(await doctor(files)).toEqual({ status: 0, codes: [] });

    const { [hookPath]: hook, ...others } = files;
    expect((await doctor(others)).codes).toEqual(['hooks-missing']);

    const edited = text(`${Buffer.from(hook ?? []).toString()}echo more\n`);
    expect((await doctor({ ...files, [hookPath]: edited })).codes).toEqual(['hook-edited']);

    const settings = text(app['site_a/settings.py'].replaceAll('"ALLOWED_HOSTS"', '"SITE_HOSTS"'));
    expect((await doctor({ ...files, 'site_a/settings.py': settings })).status).toBe(1);

    const nested = Object.fromEntries(
      Object.entries(files).map(([name, content]) => [`shop/${name}`, content]),
    );
    expect(await doctor(nested)).toMatchObject({ status: 1, codes: ['bundle-nested'] });
  });

  it('says which file it cannot read', async () => {
    const { status, stderr } = await runMain(['doctor', '--bundle', 'no.zip'], { cwd: scratchDirectory() });
    expect([status, stderr]).toEqual([2, expect.stringContaining('cannot read the bundle no.zip')]);
  });
});
