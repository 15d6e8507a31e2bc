import { describe, expect, it } from 'vitest';
import { choose } from '../../src/hooks/choose.ts';
import { readProject } from '../../src/project/read-project.ts';
import { snapshotOf } from '../support/snapshot.ts';

describe('no hosts to start from', () => {
  it.each([
    ['an app without a list, which refuses no host', { 'app.py': 'import bottle\n' }, 'info'],
    [
      'an app that takes the variable as its whole list',
      {
        'manage.py': '',
        'site/settings.py':
          'import os\nINSTALLED_APPS = []\nALLOWED_HOSTS = os.environ["ALLOWED_HOSTS"].split(",")\n',
      },
      'warning',
    ],
  ])('%s', (_, files, severity) => {
    const { findings } = choose(readProject(snapshotOf(files)), {}, {});
    expect(findings.find(({ code }) => code === 'no-default-hosts')?.severity).toBe(severity);
  });
});
