import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { djangoProject, ebHosts, type ScratchProject, scratchProject } from '../support/command-line.ts';
import { describeWith } from '../support/needs.ts';
import { runMain } from './in-process.ts';

let project: ScratchProject;
afterEach(() => {
  spawnSync('chmod', ['-R', 'u+rwX', project.root]);
  project.remove();
});

const hook = '.platform/hooks/predeploy/10_eb_hosts.sh';
const verifier = '.platform/hooks/postdeploy/10_eb_hosts_verify.sh';
const confighook = '.platform/confighooks/predeploy/10_eb_hosts.sh';
const generated = [hook, verifier, confighook, '.platform/confighooks/postdeploy/10_eb_hosts_verify.sh'];

const run = (command: string, ...argv: string[]) => runMain([command, ...argv], { cwd: project.root });
const init = (...argv: string[]) => run('init', ...argv);
const json = async (...argv: string[]) => JSON.parse((await init('--json', ...argv)).stdout);
const codesOf = (document: { findings: { code: string }[] }) => document.findings.map(({ code }) => code);
const withSettings = (settings: string, others: Readonly<Record<string, string>> = {}) =>
  scratchProject({ ...djangoProject, 'mysite/settings.py': settings, ...others });

describe('init', () => {
  it('writes the hooks for what it read, and says so', async () => {
    project = scratchProject(djangoProject);
    expect(await json('--yes')).toMatchObject({
      command: 'init',
      ok: true,
      project: {
        framework: 'django',
        platform: 'python',
        appRoot: '.',
        settings: [{ file: 'mysite/settings.py', line: 3, source: 'environment', variable: 'ALLOWED_HOSTS' }],
      },
      choices: {
        variable: 'ALLOWED_HOSTS',
        separator: 'comma',
        role: 'whole-list',
        hosts: ['example.com', 'www.example.com'],
        delivery: 'systemd',
        healthCheckPath: null,
        matcher: '200',
        process: 'default',
        verify: 'warn',
        onFailure: 'fail',
      },
      files: expect.arrayContaining(generated.map((path) => ({ path, action: 'create' }))),
    });
    expect(project.read(hook)).toContain("'example.com,www.example.com'");
  });

  it('makes the hooks executable whatever the umask', () => {
    project = scratchProject(djangoProject);
    const program = `umask 077; exec "$0" ${process.cwd()}/dist/bin.js init --yes --health-check-path /health/`;
    expect(spawnSync('sh', ['-c', program, process.execPath], { cwd: project.root }).status).toBe(0);
    for (const path of generated) expect(statSync(project.path(path)).mode & 0o777).toBe(0o755);
    expect(statSync(project.path('.ebextensions/eb-hosts.config')).mode & 0o777).toBe(0o644);
  });

  it('changes no byte and no time the second time', async () => {
    project = withSettings('ALLOWED_HOSTS = ["example.com"]\n');
    await init('--yes', '--health-check-path', '/health/');
    const before = project.contents();
    const times = () => Object.keys(before).map((path) => statSync(project.path(path)).mtimeMs);
    const earlier = times();
    const again = await init();
    expect(again).toMatchObject({ status: 0, stdout: expect.stringMatching(/^up to date$/m) });
    expect(project.contents()).toEqual(before);
    expect(times()).toEqual(earlier);
    expect(await init('--check')).toMatchObject({ status: 0 });
  });

  it('asks for --yes off a terminal, and writes nothing', async () => {
    project = scratchProject(djangoProject);
    const before = project.contents();
    expect(await init()).toMatchObject({ status: 2, stderr: expect.stringContaining('--yes') });
    expect(project.contents()).toEqual(before);
  });

  it('prints with --diff what git applies to the same result', async () => {
    project = withSettings('ALLOWED_HOSTS = ["example.com"]\n');
    const before = project.contents();
    const { stdout, status } = await init('--dry-run', '--diff', '--health-check-path', '/health/');
    expect(status).toBe(0);
    expect(project.contents()).toEqual(before);
    const input = stdout.slice(stdout.indexOf('diff --git')).replace(/\n\n[^\n]*\n$/, '\n');
    const applied = spawnSync('git', ['apply', '-'], { cwd: project.root, input });
    expect(applied.stderr.toString()).toBe('');
    const contents = project.contents();
    await init('--yes', '--health-check-path', '/health/');
    expect(project.contents()).toEqual(contents);
  });

  it('keeps the choices in the head of the hook, edited by hand or not', async () => {
    project = scratchProject(djangoProject);
    await init('--yes', '--on-failure', 'warn', '--hosts', 'a.example', '--verify', 'fail');
    const edited = (project.read(hook) ?? '').replace('--delivery systemd', '--delivery file');
    project.write(hook, edited, 0o755);
    const choices = { onFailure: 'warn', hosts: ['a.example'], verify: 'fail', delivery: 'file' };
    expect(await json('--yes')).toMatchObject({ ok: true, choices });
    expect(project.read(hook)).not.toBe(edited);
    expect(await init('--check')).toMatchObject({ status: 0 });
  });

  it('reads the default hosts again: a changed default is drift', async () => {
    project = scratchProject(djangoProject);
    await init('--yes');
    const settings = project.read('mysite/settings.py') ?? '';
    project.write('mysite/settings.py', settings.replace('www.example.com', 'shop.example.com'));
    expect(await init('--check')).toMatchObject({ status: 1 });
    await init('--yes');
    expect(project.read(hook)).toContain("'example.com,shop.example.com'");
    expect(await init('--check')).toMatchObject({ status: 0 });
  });

  it.each([
    [
      'another variable',
      'os.environ.get("OTHER", "example.com").split(",")',
      'settings-not-wired',
      '--var OTHER',
    ],
    [
      'another separator',
      'os.environ.get("ALLOWED_HOSTS", "example.com").split()',
      'choice-differs',
      'space',
    ],
  ])('holds on to its choices where the app now reads %s, and says so', async (_, list, code, fix) => {
    project = scratchProject(djangoProject);
    await init('--yes');
    const settings = `import os\nALLOWED_HOSTS = ${list}\n`;
    project.write('mysite/settings.py', settings);
    for (const command of ['init --check', 'init --yes', 'doctor']) {
      const ran = await run(...(`${command} --json`.split(' ') as [string]));
      const { ok, findings } = JSON.parse(ran.stdout);
      expect({ command, ok }).toEqual({ command, ok: false });
      expect(findings).toContainEqual(
        expect.objectContaining({ code, severity: 'error', fix: expect.stringContaining(fix) }),
      );
    }
    expect(project.read('mysite/settings.py')).toBe(settings);
  });

  it('--delivery auto lets the platform decide anew', async () => {
    project = scratchProject(djangoProject);
    await init('--yes', '--delivery', 'file');
    expect((await json('--yes')).choices.delivery).toBe('file');
    expect((await json('--yes', '--delivery', 'auto')).choices.delivery).toBe('systemd');
  });

  it('deletes what the choices no longer ask for', async () => {
    project = scratchProject(djangoProject);
    await init('--yes');
    const { files } = await json('--yes', '--verify', 'off');
    expect(files).toContainEqual({ path: verifier, action: 'delete' });
    expect(readdirSync(project.path('.platform/hooks'))).toEqual(['predeploy']);
  });

  it.each([
    ['edited by hand', (text: string) => text.replace('set -eu', 'set -eux'), /edited by hand/],
    ['not ours', () => '#!/bin/sh\necho mine\n', /not made by eb-hosts/],
    [
      'of a newer version',
      (text: string) => text.replace(/by eb-hosts \S+/, 'by eb-hosts 99.0.0'),
      /newer eb-hosts 99/,
    ],
  ])(
    'keeps a hook that is %s, shows what differs, and overwrites it with --force',
    async (_, edit, message) => {
      project = scratchProject(djangoProject);
      await init('--yes');
      project.write(hook, edit(project.read(hook) ?? ''), 0o755);
      const before = project.contents();
      const { status, stdout } = await init('--yes', '--health-check-path', '/health/');
      expect(status).toBe(1);
      expect(stdout).toMatch(message);
      expect(stdout).toContain(`\n--- a/${hook}\n`);
      expect(project.contents()).toEqual(before);
      expect(await init('--yes', '--force', '--health-check-path', '/health/')).toMatchObject({ status: 0 });
      expect(await init('--check')).toMatchObject({ status: 0 });
    },
  );

  it('gives a hook with CRLF its line ends back', async () => {
    project = scratchProject(djangoProject);
    await init('--yes');
    const before = project.contents();
    project.write(hook, (project.read(hook) ?? '').replaceAll('\n', '\r\n'), 0o644);
    expect(await init('--yes')).toMatchObject({ status: 0 });
    expect(project.contents()).toEqual(before);
  });

  it('takes over a health check that the project defines, and does not define it twice', async () => {
    project = scratchProject({
      ...djangoProject,
      '.ebextensions/django.config':
        'option_settings:\n  aws:elasticbeanstalk:environment:process:default:\n    HealthCheckPath: /up/\n    MatcherHTTPCode: 200,301\n',
    });
    const { choices } = await json('--yes');
    expect(choices).toMatchObject({ healthCheckPath: '/up/', matcher: '200,301' });
    expect(readdirSync(project.path('.ebextensions'))).toEqual(['django.config']);
    expect(project.read(verifier)).toContain('/up/');
    const place = { code: 'health-path-defined-elsewhere', file: '.ebextensions/django.config', line: 3 };
    const { findings } = await json('--yes', '--health-check-path', '/health/');
    expect(findings).toContainEqual(expect.objectContaining(place));
  });

  it.each(['/health/', '/health'])(
    'judges the project as it leaves it, asked for the path %s',
    async (path) => {
      project = withSettings(
        'MIDDLEWARE = ["django.middleware.security.SecurityMiddleware"]\nSECURE_SSL_REDIRECT = True\nALLOWED_HOSTS = ["example.com"]\nROOT_URLCONF = "mysite.urls"\n',
        { '.elasticbeanstalk/config.yml': 'global:\n  application_name: shop\n' },
      );
      const { findings } = await json('--yes', '--health-check-path', path);
      expect(findings).toContainEqual(
        expect.objectContaining({
          code: 'ssl-redirect-health-check',
          fix: expect.stringContaining(path.slice(1)),
        }),
      );
      const sorted = (list: { code: string }[]) => list.map((one) => JSON.stringify(one)).sort();
      expect(sorted(JSON.parse((await run('doctor', '--json')).stdout).findings)).toEqual(sorted(findings));
    },
  );

  it('does not write through confighooks that are a link to hooks', async () => {
    project = scratchProject({ ...djangoProject, '.platform/hooks/prebuild/01_mine.sh': '#!/bin/sh\n' });
    symlinkSync('hooks', project.path('.platform/confighooks'));
    const { files } = await json('--yes');
    expect(files.map(({ path }: { path: string }) => path)).toEqual([hook, verifier]);
    expect(await init('--check')).toMatchObject({ status: 0 });
  });

  it('works in the root of what is deployed, and in another directory only with --cwd', async () => {
    project = scratchProject({ ...djangoProject, '.ebextensions/a.config': '' });
    const cwd = project.path('mysite');
    const { status, stdout } = await runMain(['init', '--dry-run'], { cwd });
    expect(status).toBe(0);
    expect(stdout.split('\n')[0]).toContain(project.root);
    const written = await runMain(['init', '--yes'], { cwd });
    expect(written.stdout).toContain(`\nnext, in ${project.root}:\n`);
    expect(project.read(hook)).toBeDefined();
    const forced = JSON.parse(
      (await runMain(['init', '--dry-run', '--json', '--cwd', '.', '--delivery', 'systemd'], { cwd })).stdout,
    );
    expect(forced.files[0]).toEqual({ path: hook, action: 'create' });
  });

  it.each<[string, (p: ScratchProject) => void, string]>([
    [
      'a link out of the repository',
      (p) => symlinkSync('/tmp', p.path('.platform')),
      'link-out-of-repository',
    ],
    ['a link to nothing', (p) => symlinkSync('nowhere', p.path('.platform')), 'not-a-directory'],
    ['a file where a directory is needed', (p) => p.write('.platform', 'mine\n'), 'not-a-directory'],
    ['a directory where a file is needed', (p) => mkdirSync(p.path(hook), { recursive: true }), 'not-a-file'],
    [
      'a head that makes no sense',
      (p) =>
        p.write(
          hook,
          '#!/bin/sh\n# Made by eb-hosts 0.2.0 (sha256 01234567) with\n#   npx eb-hosts init --role x\n',
        ),
      'bad-settings',
    ],
  ])('refuses %s in one line, and changes nothing', async (_, prepare, code) => {
    project = scratchProject(djangoProject);
    prepare(project);
    const before = project.contents();
    const { status, stdout } = await init('--yes', '--json');
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ command: 'init', ok: false, error: { code } });
    expect((await init('--yes')).stderr).not.toMatch(/\n\s+at /);
    expect(project.contents()).toEqual(before);
  });

  describeWith(['mount'], 'a small disk', () => {
    it('leaves everything as it was on a full or read-only disk', async () => {
      project = scratchProject({}, { git: false });
      for (const options of ['size=40k', 'size=10m,ro']) {
        const mount = ['-t', 'tmpfs', '-o', options.replace(',ro', ''), 'tmpfs', project.root];
        expect(spawnSync('mount', mount).status).toBe(0);
        try {
          for (const [path, text] of Object.entries(djangoProject)) project.write(path, text);
          if (options.endsWith('ro')) spawnSync('mount', ['-o', 'remount,ro', project.root]);
          const before = project.contents();
          const { status, stderr } = await init('--yes');
          expect(status).toBe(2);
          expect(stderr).toMatch(
            options.endsWith('ro') ? /cannot write .*read-only/ : /cannot write .*disk is full/,
          );
          expect(project.contents()).toEqual(before);
        } finally {
          spawnSync('umount', [project.root]);
        }
      }
    });
  });

  it('leaves every file old or new when it is killed, and the next run completes it', {
    timeout: 60_000,
  }, async () => {
    project = scratchProject(djangoProject);
    await init('--yes');
    const complete = project.contents();
    for (let round = 0; round < 8; round++) {
      spawnSync('rm', ['-rf', project.path('.platform')]);
      await ebHosts(project.root, ['init', '--yes'], { killAfter: 100 + round * 40 });
      for (const [path, content] of Object.entries(project.contents())) {
        if (!path.includes('.eb-hosts.tmp.')) expect(content).toBe(complete[path]);
      }
      expect(await init('--yes')).toMatchObject({ status: 0 });
      expect(project.contents()).toEqual(complete);
    }
  });

  it('refuses where no file tells the platform, and names the flag that does', async () => {
    project = scratchProject({}, { git: false });
    mkdirSync(project.path("it's a dir"));
    for (const mode of ['--yes', '--dry-run', '--check'])
      expect(await init(mode)).toMatchObject({
        status: 2,
        stderr: expect.stringMatching(/--delivery systemd/),
      });
    expect(readdirSync(project.root)).toEqual(["it's a dir"]);
    const cwd = project.path("it's a dir");
    expect(await runMain(['init', '--yes', '--delivery', 'systemd'], { cwd })).toMatchObject({ status: 0 });
    expect(project.read(`it's a dir/${hook}`)).toBeDefined();
  });

  it.each([
    [['--health-check-path', 'health'], /begins with \//],
    [['--health-check-path', '/a b'], /spaces/],
    [['--matcher', '600'], /statuses from 200/],
    [['--var', 'A B'], /name of a variable/],
    [['--var', 'LD_PRELOAD'], /other meaning/],
    [['--hosts', 'https://a.example'], /host names/],
    [['--cwd', '/nonexistent'], /nonexistent/],
  ])('refuses %j with status 2', async (argv, message) => {
    project = scratchProject(djangoProject);
    expect(await init('--yes', ...argv)).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(message),
    });
  });
});

const healthCheck = {
  '.ebextensions/health.config':
    'option_settings:\n  aws:elasticbeanstalk:environment:process:default:\n    HealthCheckPath: /health/\n',
};
const importOs = (list: string) => `import os\nALLOWED_HOSTS = ${list}\n`;

describe('a list that reads no variable', () => {
  it.each([
    ['a list', '["shop.example.com"]', 'mysite/settings.py', 'mysite/settings.py'],
    [
      'several lines',
      '[\n    "shop.example.com",\n    "www.example.com",\n]',
      'mysite/settings.py',
      'mysite/settings.py',
    ],
    ['a text of a variable', 'os.environ.get("ALLOWED_HOSTS")', 'mysite/settings.py', 'mysite/settings.py'],
    ['one host of a variable', '[os.environ["HOST"]]', 'mysite/settings.py', 'mysite/settings.py'],
    [
      'the settings of production',
      '["shop.example.com"]',
      'mysite/settings/production.py',
      'mysite/settings/production.py',
    ],
  ])(
    'is wired by init, %s: all commands are content, and remove restores every byte',
    async (_, list, file) => {
      const { 'mysite/settings.py': _settings, ...others } = djangoProject;
      const text = (path: string) =>
        (others[path as keyof typeof others] ?? '').replace(
          'mysite.settings',
          file.replace('.py', '').replaceAll('/', '.'),
        );
      project = scratchProject({
        ...others,
        'manage.py': text('manage.py'),
        'mysite/wsgi.py': text('mysite/wsgi.py'),
        ...healthCheck,
        [file]: importOs(list),
      });
      chmodSync(project.path(file), 0o640);
      const before = project.contents();
      const document = await json('--yes');
      expect(document).toMatchObject({ ok: true, choices: { variable: 'EB_HOSTS', role: 'extra-hosts' } });
      expect(document.files).toContainEqual({ path: file, action: 'update' });
      expect(await init('--check')).toMatchObject({ status: 0 });
      const doctor = await run('doctor');
      expect(doctor).toMatchObject({ status: 0 });
      expect(doctor.stdout).not.toMatch(/fixed list|not-wired|hosts-literal/);
      expect(await run('remove', '--yes')).toMatchObject({ status: 0 });
      expect(project.contents()).toEqual(before);
    },
  );

  const settings = (text: string) => ({ ...djangoProject, ...healthCheck, 'mysite/settings.py': text });
  const rails = (list: string) => ({
    Gemfile: 'gem "rails"\n',
    Procfile: 'web: bundle exec puma\n',
    'config/environments/production.rb': `Rails.application.configure do\n  ${list}\nend\n`,
  });
  const laravel = {
    'composer.json': '{"require":{"laravel/framework":"^11"}}',
    Dockerfile: 'FROM php:8\nEXPOSE 80\n',
  };
  it.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
    ['Django with --settings print', settings(importOs('[\n    "a.com",\n]')), ['--settings', 'print']],
    [
      'a text with --settings print',
      settings(importOs('os.environ.get("ALLOWED_HOSTS")')),
      ['--settings', 'print'],
    ],
    [
      'a class of django-configurations',
      {
        ...settings(
          'from configurations import Configuration\nclass Prod(Configuration):\n    ALLOWED_HOSTS = ["a.com"]\n',
        ),
        Procfile: 'web: DJANGO_CONFIGURATION=Prod gunicorn mysite.wsgi\n',
      },
      [],
    ],
    [
      'Flask',
      {
        'requirements.txt': 'flask\n',
        Procfile: 'web: gunicorn app:app\n',
        'app.py': 'from flask import Flask\napp = Flask(__name__)\napp.config["TRUSTED_HOSTS"] = ["a.com"]\n',
      },
      [],
    ],
    [
      'FastAPI',
      {
        'requirements.txt': 'fastapi\n',
        Procfile: 'web: uvicorn app:app\n',
        'app.py':
          'from fastapi import FastAPI\nfrom starlette.middleware.trustedhost import TrustedHostMiddleware\napp = FastAPI()\napp.add_middleware(\n    TrustedHostMiddleware,\n    allowed_hosts=["a.com"],\n)\n',
      },
      [],
    ],
    ['Rails', rails('config.hosts << "a.com"'), []],
    ['Rails with a list over several lines', rails('config.hosts = [\n    "a.com",\n  ]'), []],
    [
      'Laravel 11',
      {
        ...laravel,
        'bootstrap/app.php':
          '<?php\nreturn Application::configure()->withMiddleware(function (Middleware $middleware) {\n    $middleware->trustHosts(at: ["^a\\.com$"]);\n})->create();\n',
      },
      [],
    ],
    [
      'Laravel 10',
      {
        ...laravel,
        'app/Http/Kernel.php':
          '<?php\nclass Kernel { protected $middleware = [ \\App\\Http\\Middleware\\TrustHosts::class ]; }\n',
        'app/Http/Middleware/TrustHosts.php':
          '<?php\nclass TrustHosts {\n    public function hosts()\n    {\n        return [\n            "^a\\.com$",\n        ];\n    }\n}\n',
      },
      [],
    ],
  ])('is shown the change as a diff, %s: status 1 until it is applied', async (_, files, flags) => {
    project = scratchProject(files);
    expect(await init('--dry-run', ...flags)).toMatchObject({ status: 1 });
    const { status, stdout } = await init('--yes', ...flags);
    expect(status).toBe(1);
    const place = /^error settings-not-wired (\S+):\d+$/m.exec(stdout)?.[1] ?? '';
    expect(Object.keys(files)).toContain(place);
    expect(project.read(hook)).toBeDefined();
    expect(project.read(place)).toBe(files[place]);
    expect(await run('doctor')).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('settings-not-wired'),
    });
    const input = stdout.slice(stdout.indexOf(`diff --git a/${place}`)).replace(/\n\n[\s\S]*/, '\n');
    expect(spawnSync('git', ['apply', '-'], { cwd: project.root, input }).stderr.toString()).toBe('');
    expect(await init('--yes', ...flags)).toMatchObject({ status: 0 });
    expect(await run('doctor')).toMatchObject({ status: 0 });
  });

  it('is no error where a middleware answers the check before the list is looked at', async () => {
    const health =
      'from django.http import HttpResponse\nclass Health:\n    def __init__(self, get_response):\n        self.get_response = get_response\n    def __call__(self, request):\n        if request.path == "/health/":\n            return HttpResponse("ok")\n        return self.get_response(request)\n';
    const list = `${importOs('["a.com"]')}MIDDLEWARE = ["core.health.Health", "django.middleware.common.CommonMiddleware"]\n`;
    project = scratchProject({
      ...djangoProject,
      ...healthCheck,
      'mysite/settings.py': list,
      'core/health.py': health,
    });
    expect(await run('doctor', '--strict')).toMatchObject({ status: 0 });
    const document = await json('--yes', '--settings', 'print');
    expect(document.ok).toBe(true);
    expect(document.findings).toContainEqual(
      expect.objectContaining({ code: 'settings-not-wired', severity: 'info' }),
    );
    expect((await json('--yes')).files).toContainEqual({ path: 'mysite/settings.py', action: 'update' });
  });

  it('is wired where it is empty, and asks for the hosts of the site', async () => {
    project = scratchProject({ ...djangoProject, ...healthCheck, 'mysite/settings.py': importOs('[]') });
    for (const command of ['--yes', '--check']) {
      const document = await json(command);
      expect(document).toMatchObject({ ok: true, choices: { variable: 'EB_HOSTS', role: 'extra-hosts' } });
      expect(codesOf(document)).toContain('no-default-hosts');
    }
    const document = await json('--yes', '--hosts', 'shop.example.com');
    expect(codesOf(document)).not.toContain('no-default-hosts');
    expect(project.read(hook)).toContain("'shop.example.com'");
  });

  it('is left alone where it could not be read: a note, status 0', async () => {
    const settings = 'from elsewhere import load\nALLOWED_HOSTS = load()\n';
    project = withSettings(settings, healthCheck);
    const document = await json('--yes');
    expect(document).toMatchObject({ ok: true });
    expect(document.findings).toContainEqual(
      expect.objectContaining({ code: 'settings-not-wired', severity: 'info' }),
    );
    expect(project.read('mysite/settings.py')).toBe(settings);
    expect(await json('--yes', '--settings', 'patch')).toMatchObject({ ok: true });
    expect(project.read('mysite/settings.py')).toContain('EB_HOSTS');
  });
});

const express = {
  'package.json': '{"dependencies":{"express":"4"}}',
  Procfile: 'web: node app.js\n',
  'app.js': "require('express')().listen(8080);\n",
};
const rails = {
  Gemfile: 'gem "rails"\n',
  'config/application.rb': 'class Shop < Rails::Application\nend\n',
  Procfile: 'web: bundle exec puma\n',
};
const environment = (lines: string) => ({ '.ebextensions/env.config': `option_settings:\n${lines}` });

describe('nothing to do', () => {
  it.each<[string, Readonly<Record<string, string>>]>([
    ['an open list', { ...djangoProject, 'mysite/settings.py': importOs('["*"]') }],
    [
      'an open list with others',
      { ...djangoProject, 'mysite/settings.py': importOs('["example.com", "*"]') },
    ],
    ['Express', express],
    ['Rails without a list', rails],
    [
      'a single instance',
      {
        ...djangoProject,
        ...environment('  aws:elasticbeanstalk:environment:\n    EnvironmentType: SingleInstance\n'),
      },
    ],
    ['a worker', { ...djangoProject, ...environment('  aws:elasticbeanstalk:sqsd:\n    HttpPath: /jobs\n') }],
    [
      'Windows',
      { 'aws-windows-deployment-manifest.json': '{"manifestVersion":1}', 'Web.config': '<configuration/>' },
    ],
  ])('is an answer: %s', async (_, files) => {
    project = scratchProject({ ...files, ...healthCheck });
    const before = project.contents();
    expect(await init('--yes')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^nothing to do: /),
    });
    expect(await json('--dry-run')).toMatchObject({ ok: true, choices: null, files: [] });
    const doctor = await run('doctor');
    expect(doctor).toMatchObject({ status: 0 });
    expect(doctor.stdout).not.toMatch(/hooks-missing|settings-not-wired/);
    expect(project.contents()).toEqual(before);
    expect(await json('--yes', '--force', '--delivery', 'systemd')).toMatchObject({
      files: generated.map((path) => ({ path, action: 'create' })),
    });
  });
});

describe('a dry run', () => {
  const large = Object.fromEntries(
    Array.from({ length: 300 }, (_, index) => [
      `app${index}/settings/production.py`,
      importOs(`["a${index}.example.com"]`),
    ]),
  );
  it.each([
    ['a Django project', djangoProject],
    ['many settings', { ...djangoProject, ...large }],
    ['Docker', { ...djangoProject, Dockerfile: 'FROM python:3\nEXPOSE 8000\n', Procfile: '' }],
    [
      'Compose',
      { ...djangoProject, 'docker-compose.yml': 'services:\n  web:\n    build: .\n    ports: ["80:8000"]\n' },
    ],
    ['a literal list', { ...djangoProject, 'mysite/settings.py': importOs('["a.com"]') }],
    ['a class', { ...djangoProject, 'mysite/settings.py': 'class Prod:\n    ALLOWED_HOSTS = ["a.com"]\n' }],
    [
      'Flask',
      {
        'app.py': 'from flask import Flask\napp = Flask(__name__)\napp.config["TRUSTED_HOSTS"] = ["a.com"]\n',
        'requirements.txt': 'flask\n',
        Procfile: 'web: gunicorn app:app\n',
      },
    ],
    [
      'Rails',
      {
        Gemfile: 'gem "rails"\n',
        'config/environments/production.rb': 'config.hosts << "a.com"\n',
        Procfile: 'web: bundle exec puma\n',
      },
    ],
  ])('of %s fits one screen, writes nothing and speaks of no commit', async (_, files) => {
    project = scratchProject(files);
    const before = project.contents();
    const { stdout, stderr } = await init('--dry-run', '--health-check-path', '/health/');
    expect(stderr).toBe('');
    const lines = stdout.split('\n').slice(0, -1);
    const diff = lines.findIndex((line) => line.startsWith('diff --git'));
    const plan = diff === -1 ? lines : lines.slice(0, diff);
    expect(plan.length).toBeLessThanOrEqual(40);
    expect(plan.filter((line) => line.length > 80)).toEqual([]);
    expect(stdout).not.toMatch(/commit/);
    expect(codesOf(await json('--dry-run')).filter((code) => code.endsWith('-uncommitted'))).toEqual([]);
    expect(project.contents()).toEqual(before);
  });

  it('is followed by a run that tells to commit', async () => {
    project = withSettings(importOs('["a.com"]'), healthCheck);
    const { stdout } = await init('--yes');
    expect(stdout).toMatch(/^ {2}git add \.platform mysite\/settings\.py && git commit/m);
    expect(stdout).not.toContain('-uncommitted');
    expect(codesOf(await json('--yes'))).toContain('hooks-uncommitted');
    expect((await init('--yes')).stdout).toMatch(/^warning settings-uncommitted /m);
  });
});

describe('remove', () => {
  it('restores every byte', async () => {
    project = scratchProject({ ...djangoProject, '.platform/hooks/predeploy/01_mine.sh': '#!/bin/sh\n' });
    chmodSync(project.path('.platform/hooks/predeploy/01_mine.sh'), 0o755);
    const before = project.contents();
    await init('--yes', '--health-check-path', '/health/');
    expect(await run('remove', '--dry-run')).toMatchObject({ status: 0 });
    expect(await run('remove')).toMatchObject({ status: 2 });
    const removed = await run('remove', '--yes', '--json');
    expect(JSON.parse(removed.stdout)).toMatchObject({ command: 'remove', ok: true });
    expect(project.contents()).toEqual(before);
    expect(readdirSync(project.path('.platform'))).toEqual(['hooks']);
    expect(readdirSync(project.root)).not.toContain('.ebextensions');
    expect((await run('remove', '--yes')).stdout).toMatch(/nothing to remove/);
  });

  it.each([
    ['CRLF and a byte order mark', '\ufeffALLOWED_HOSTS = ["example.com"]\r\nDEBUG = False\r\n'],
    ['no line break at the end', 'DEBUG = False\nALLOWED_HOSTS = ("example.com",)'],
  ])('takes an edit out of the settings again, with %s', async (_, settings) => {
    project = withSettings(settings);
    const before = project.contents();
    expect(await json('--yes')).toMatchObject({ ok: true });
    expect(project.read('mysite/settings.py')).toContain('EB_HOSTS');
    expect(await run('remove', '--yes')).toMatchObject({ status: 0 });
    expect(project.contents()).toEqual(before);
  });

  it('keeps what was edited by hand unless it is forced', async () => {
    project = scratchProject(djangoProject);
    const before = project.contents();
    await init('--yes');
    project.write(hook, (project.read(hook) ?? '').replace('set -eu', 'set -eux'), 0o755);
    const edited = project.contents();
    expect(await run('remove', '--yes')).toMatchObject({ status: 1 });
    expect(project.contents()).toEqual(edited);
    expect(await run('remove', '--yes', '--force')).toMatchObject({ status: 0 });
    expect(project.contents()).toEqual(before);
  });
});
