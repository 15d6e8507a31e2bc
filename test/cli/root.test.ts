import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repositoryOf } from '../support/scratch.ts';
import { runMain } from './in-process.ts';

const app = {
  'manage.py':
    'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")\nimport django\n',
  'mysite/settings.py':
    'import os\nALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "example.com").split(",")\n',
};

it.each([['init', '--dry-run'], ['doctor'], ['rehearse', '--property', 'ALLOWED_HOSTS=example.com']])(
  'eb-hosts %s works in the root of what is deployed, unless --cwd names another',
  async (...argv) => {
    const root = repositoryOf(app);
    const run = async (...more: string[]) => {
      const { stdout, stderr } = await runMain([...argv, ...more], { cwd: join(root, 'mysite') });
      return stdout + stderr;
    };
    expect(await run()).toContain(`in ${root}, the root of what is deployed`);
    expect(await run('--cwd', '.')).not.toContain('the root of what is deployed');
  },
);
