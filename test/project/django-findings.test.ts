import { describe, expect, it } from 'vitest';
import { readDjango } from '../../src/project/django/django.ts';
import { snapshotOf } from '../support/snapshot.ts';
import { env, type Files, manage, os, read, wsgi } from './django-projects.ts';
import {
  answering,
  clear,
  django,
  exempt,
  healthFirst,
  healthLast,
  i18n,
  plain,
  settings,
  ssl,
  told,
  usual,
} from './health-check-cases.ts';

const project = (settings: string, files: Files = {}) =>
  snapshotOf({ 'site/wsgi.py': wsgi('site.settings'), 'site/settings.py': settings, ...files });
const findingsOf = (settings: string, files: Files = {}, healthPath?: string) =>
  readDjango(project(settings, files), { healthPath }).findings;

describe('what the settings get wrong', () => {
  it.each([
    ['hosts-wildcard', 'info', 'ALLOWED_HOSTS = ["*"]\n', 1],
    ['hosts-empty', 'warning', 'X = 1\nALLOWED_HOSTS = []\n', 2],
    ['hosts-literal', 'info', 'ALLOWED_HOSTS = ["a.com"]\n', 1],
    ['hosts-not-a-list', 'error', `${os}ALLOWED_HOSTS = os.environ.get("HOSTS", "a.com")\n`, 2],
    ['hosts-file', 'info', 'import json\nALLOWED_HOSTS = json.load(open("hosts.json"))\n', 2],
    ['hosts-unknown', 'info', 'import corporate\nALLOWED_HOSTS = corporate.hosts()\n', 2],
    ['hosts-default-wildcard', 'info', `${os}ALLOWED_HOSTS = os.environ.get("A", "*").split(",")\n`, 2],
    ['hosts-separator', 'info', `${os}ALLOWED_HOSTS = os.environ.get("A", "").split("|")\n`, 2],
    ['hosts-bad-entry', 'warning', 'ALLOWED_HOSTS = ["https://a.com"]\n', 1],
    ['hosts-bad-entry', 'warning', 'ALLOWED_HOSTS = ["*.a.com"]\n', 1],
    ['hosts-bad-entry', 'warning', 'ALLOWED_HOSTS = ["172.31.*.*"]\n', 1],
    ['hosts-bad-entry', 'warning', 'ALLOWED_HOSTS = ["172.31.4.5"]\n', 1],
    ['hosts-bad-entry', 'warning', 'ALLOWED_HOSTS = ["a.com:8000"]\n', 1],
    ['hosts-bad-entry', 'warning', 'ALLOWED_HOSTS = [" a.com"]\n', 1],
    ['settings-unparsable', 'info', 'ALLOWED_HOSTS = ["a.com"]\nX = = 1\n', 2],
    [
      'settings-metadata',
      'info',
      'import requests\nALLOWED_HOSTS = ["a.com"]\nIP = requests.get("http://169.254.169.254/latest/meta-data/local-ipv4").text\n',
      3,
    ],
    [
      'settings-metadata',
      'info',
      'ALLOWED_HOSTS = ["a.com"]\nINSTALLED_APPS = [\n    "ebhealthcheck.apps.EBHealthCheckConfig",\n]\n',
      3,
    ],
    [
      'hosts-own-address',
      'info',
      'import socket\nALLOWED_HOSTS = [socket.gethostbyname(socket.gethostname())]\n',
      2,
    ],
    ['first-host-used', 'info', `${env('A')}SITE = "https://" + ALLOWED_HOSTS[0]\n`, 3],
    [
      'tenant-middleware',
      'warning',
      'ALLOWED_HOSTS = []\nMIDDLEWARE = ["django_tenants.middleware.main.TenantMainMiddleware"]\n',
      2,
    ],
    [
      'health-middleware',
      'info',
      'ALLOWED_HOSTS = []\nMIDDLEWARE = ["easy_health_check.middleware.HealthCheckMiddleware"]\n',
      2,
    ],
  ])('%s (%s): %j', (code, severity, text, line) => {
    expect(findingsOf(text)).toContainEqual(
      expect.objectContaining({ code, severity, file: 'site/settings.py', line }),
    );
  });

  it.each([
    ['settings-metadata', 'ALLOWED_HOSTS = ["a.com"]\n# http://169.254.169.254/latest\n'],
    ['hosts-bad-entry', 'ALLOWED_HOSTS = ["a.com", ".b.com", "127.0.0.1", "[::1]", "localhost"]\n'],
    [
      'tenant-middleware',
      'ALLOWED_HOSTS = []\nMIDDLEWARE = ["tenant_schemas.middleware.DefaultTenantMiddleware", "core.middleware.TenantMiddleware"]\n',
    ],
    [
      'tenant-middleware',
      'ALLOWED_HOSTS = []\nSHOW_PUBLIC_IF_NO_TENANT_FOUND = True\nMIDDLEWARE = ["django_tenants.middleware.main.TenantMainMiddleware"]\n',
    ],
  ])('not %s: %j', (code, text) => {
    expect(findingsOf(text).map((finding) => finding.code)).not.toContain(code);
  });

  it.each([
    ['holds the variable', { '.env': 'A=b.com\n' }, true],
    ['holds another', { '.env': 'DEBUG=off\n' }, false],
    ['is not there', {}, false],
  ])('a .env file that overrides the environment and %s', (_, files, expected) => {
    const text = `from dotenv import load_dotenv\nload_dotenv(override=True)\n${env('A')}`;
    const found = findingsOf(text, files).filter(({ code }) => code === 'dotenv-overrides');
    expect(found.map(({ severity, line }) => [severity, line])).toEqual(expected ? [['warning', 2]] : []);
  });

  it('misses the settings of a project that has none', () => {
    const { isDjango, findings } = read({
      'manage.py': `from django.core import management\n${manage('gone.settings')}`,
    });
    expect(isDjango).toBe(true);
    expect(findings.map(({ code }) => code)).toEqual(['settings-not-found']);
  });

  it('takes no settings of a crawler for those of a site that lacks its own', () => {
    const files = {
      'manage.py': `from django.core import management\n${manage('site.settings')}`,
      'site/urls.py': '',
      'crawler/django_settings.py': 'ALLOWED_HOSTS = ["a.com"]\n',
    };
    expect(read(files).findings.map(({ code }) => code)).toEqual(['settings-not-found']);
    const renamed = { ...files, 'manage.py': manage('gone.settings') };
    expect(read(renamed).governingModule).toBe('crawler/django_settings.py');
  });

  it('names a settings module that is not deployed, and one that is guessed', () => {
    const files = {
      Procfile: 'web: DJANGO_SETTINGS_MODULE=gone gunicorn x\n',
      'site/settings.py': 'ALLOWED_HOSTS = ["a.com"]\n',
    };
    const found = readDjango(snapshotOf(files)).findings.map(({ code }) => code);
    expect(found).toEqual(expect.arrayContaining(['settings-module-missing', 'settings-module-guessed']));
  });

  it('names no module for a placeholder', () => {
    const files = {
      'manage.py': '',
      'site/settings.py': 'INSTALLED_APPS = []\nALLOWED_HOSTS = []\n',
      'docker-compose.yml':
        'services:\n  web:\n    build: .\n    environment: { DJANGO_SETTINGS_MODULE: "${DJANGO_SETTINGS_MODULE}" }\n',
    };
    const codes = readDjango(snapshotOf(files)).findings.map(({ code }) => code);
    expect(codes).not.toContain('settings-module-missing');
  });
});

const get = (
  text: string,
  files: Files,
  path: string | null = '/health/',
  statuses: readonly number[] = [200],
) => {
  const hints = { healthPath: path ?? undefined, admits: (status: number) => statuses.includes(status) };
  const { healthCheck, findings } = readDjango(project(text, files), hints);
  return { kind: healthCheck.kind, warnings: findings.filter(({ severity }) => severity !== 'info') };
};

describe('a health check that is answered before anything looks at the host', () => {
  it.each(exempt)('%s', (_, text, files) => {
    expect(get(text, files)).toEqual({ kind: 'exempt', warnings: [] });
  });

  it('names what answers', () => {
    const { healthCheck } = readDjango(
      project(settings(healthFirst), answering('request.path == "/health/"')),
      {
        healthPath: '/health/',
      },
    );
    expect(healthCheck).toMatchObject({ kind: 'exempt', file: 'core/health.py', line: 2 });
  });

  it('is said to come too late where it does', () => {
    const snapshot = project(settings(healthLast), answering('request.path == "/health/"'));
    const { healthCheck, findings } = readDjango(snapshot, { healthPath: '/health/' });
    expect(healthCheck.kind).toBe('refused-before-host');
    const late = findings.find(({ code }) => code === 'exemption-too-late');
    expect(late).toMatchObject({ severity: 'info', file: 'core/health.py', line: 2 });
    expect(late?.message).toMatch(/behind CommonMiddleware, which looks at the host first/);
  });
});

describe('a health check that nothing stands in the way of', () => {
  it.each(clear)('%s', (_, text, files, path) => {
    expect(get(text, files, path)).toEqual({ kind: 'none', warnings: [] });
  });
});

describe('a health check that gets something else than 200', () => {
  it.each(told)('%s', ([, text, files, path], [kind, code, fix = /./]) => {
    const found = get(text, files, path);
    expect(found.kind).toBe(kind);
    expect(found.warnings).toEqual([expect.objectContaining({ code, fix: expect.stringMatching(fix) })]);
  });

  it('is healthy where the matcher takes that status', () => {
    expect(get(settings(usual, ssl), plain, '/health/', [200, 301]).warnings).toEqual([]);
    expect(get(settings([...usual, django.login]), plain, '/health/', [200, 302]).warnings).toEqual([]);
  });

  it('is no redirect where the default language has no prefix', () => {
    const files = i18n(', prefix_default_language=False');
    expect(get(settings([django.locale, ...usual]), files, null)).toEqual({ kind: 'none', warnings: [] });
  });
});
