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

describe('a variable beside the one the app reads', () => {
  const app = (text: string) => readProject(snapshotOf({ 'manage.py': '', 'site/settings.py': text }));
  const list =
    'import os\nINSTALLED_APPS = []\nALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "a.com").split(",")\n';

  it('adds to the list where the settings are made to read it', () => {
    const { choices } = choose(app(list), {}, { variable: 'EB_HOSTS' }, true);
    expect(choices).toMatchObject({ variable: 'EB_HOSTS', role: 'extra-hosts', hosts: [] });
  });

  it('keeps its own default hosts on later runs', () => {
    const both = `${list}ALLOWED_HOSTS += os.environ.get("EB_HOSTS", "b.com").split(",")\n`;
    const { choices, needsSnippet } = choose(app(both), { variable: 'EB_HOSTS', hostsFrom: 'app' }, {});
    expect(choices).toMatchObject({ variable: 'EB_HOSTS', role: 'extra-hosts', hosts: ['b.com'] });
    expect(needsSnippet).toBe(false);
  });
});
