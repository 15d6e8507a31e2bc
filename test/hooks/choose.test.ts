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

it('needs no hosts to start from where .ebextensions set the property', () => {
  const files = (value: string) => ({
    'manage.py': '',
    'site/settings.py':
      'import os\nINSTALLED_APPS = []\nALLOWED_HOSTS = os.environ["ALLOWED_HOSTS"].split(",")\n',
    '.ebextensions/a.config': `option_settings:\n  aws:elasticbeanstalk:application:environment:\n    ALLOWED_HOSTS: "${value}"\n`,
  });
  const codes = (value: string) =>
    choose(readProject(snapshotOf(files(value))), {}, {}).findings.map(({ code }) => code);
  expect(codes('a.example')).not.toContain('no-default-hosts');
  expect(codes(' ')).toContain('no-default-hosts');
});

describe('a variable that holds one host, beside hosts of the app', () => {
  const project = (fallback: string) =>
    readProject(
      snapshotOf({
        'manage.py': '',
        'site/settings.py': `import os\nINSTALLED_APPS = []\nALLOWED_HOSTS = ["localhost", os.environ.get("SITE_HOST", "${fallback}")]\n`,
      }),
    );

  it.each(['', 'localhost:8000', 'none', '10.0.0.7'])(
    'takes the address where its default is %j',
    (fallback) => {
      expect(choose(project(fallback), {}, {}).choices).toMatchObject({
        variable: 'SITE_HOST',
        separator: 'none',
      });
    },
  );

  it('keeps the domain that it holds by default, which the address would replace', () => {
    const { choices, unwired } = choose(project('example.com'), {}, {});
    expect(choices).toMatchObject({
      variable: 'EB_HOSTS',
      separator: 'comma',
      role: 'extra-hosts',
      hosts: [],
    });
    expect(unwired).toMatchObject({
      code: 'settings-not-wired',
      severity: 'error',
      message: expect.stringContaining("replace the site's own domain"),
    });
  });

  it.each([
    ['[os.environ["SITE_HOST"]]', "would replace the site's own domain"],
    ['[str(os.getenv("SITE_HOST"))]', "would replace the site's own domain"],
    ['[os.environ.get("SITE_HOST", "example.com")]', "replace the site's own domain"],
  ])('leaves it to the domain where it is the whole list: %s', (list, message) => {
    const app = readProject(
      snapshotOf({
        'manage.py': '',
        'site/settings.py': `import os\nINSTALLED_APPS = []\nALLOWED_HOSTS = ${list}\n`,
      }),
    );
    const { choices, unwired } = choose(app, {}, {});
    expect(choices).toMatchObject({ variable: 'EB_HOSTS', role: 'extra-hosts', hosts: [] });
    expect(unwired).toMatchObject({ code: 'settings-not-wired', message: expect.stringContaining(message) });
  });

  it('takes the address all the same where that variable is asked for', () => {
    const { choices } = choose(project('example.com'), {}, { variable: 'SITE_HOST' });
    expect(choices).toMatchObject({ variable: 'SITE_HOST', separator: 'none' });
  });
});

describe('a variable beside the one the app reads', () => {
  const app = (text: string) => readProject(snapshotOf({ 'manage.py': '', 'site/settings.py': text }));
  const list =
    'import os\nINSTALLED_APPS = []\nALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "a.com").split(",")\n';

  it('adds to the list where the settings are made to read it', () => {
    const { choices } = choose(app(list), {}, { variable: 'EB_HOSTS' });
    expect(choices).toMatchObject({ variable: 'EB_HOSTS', role: 'extra-hosts', hosts: [] });
  });

  it('keeps its own default hosts on later runs', () => {
    const both = `${list}ALLOWED_HOSTS += os.environ.get("EB_HOSTS", "b.com").split(",")\n`;
    const { choices, unwired } = choose(app(both), { variable: 'EB_HOSTS' }, {});
    expect(choices).toMatchObject({ variable: 'EB_HOSTS', role: 'extra-hosts', hosts: ['b.com'] });
    expect(unwired).toBeNull();
  });
});
