import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { djangoProject, ebHosts, type ScratchProject, scratchProject } from '../support/command-line.ts';
import { describeWith } from '../support/needs.ts';

let project: ScratchProject;
afterEach(() => {
  spawnSync('chmod', ['-R', 'u+rwX', project.root]);
  project.remove();
});

const hook = '.platform/hooks/predeploy/10_eb_hosts.sh';
const written = [
  hook,
  '.platform/hooks/postdeploy/10_eb_hosts_verify.sh',
  '.platform/confighooks/predeploy/10_eb_hosts.sh',
  '.platform/confighooks/postdeploy/10_eb_hosts_verify.sh',
  '.platform/.gitattributes',
];
const init = (...argv: string[]) => ebHosts(project.root, ['init', ...argv]);
const json = async (...argv: string[]) => JSON.parse((await init('--json', ...argv)).stdout);

describe('init', () => {
  it('writes the hooks for what it read, executable whatever the umask, and says so', async () => {
    project = scratchProject(djangoProject);
    const document = await json('--yes');
    expect(document).toMatchObject({
      command: 'init',
      ok: true,
      project: {
        framework: 'django',
        platform: 'python',
        appRoot: '.',
        settings: [
          {
            file: 'mysite/settings.py',
            line: 3,
            source: 'environment',
            variable: 'ALLOWED_HOSTS',
            separator: 'comma',
            role: 'whole-list',
            default: ['example.com', 'www.example.com'],
          },
        ],
      },
      choices: {
        variable: 'ALLOWED_HOSTS',
        separator: 'comma',
        role: 'whole-list',
        hosts: ['example.com', 'www.example.com'],
        delivery: 'auto',
        healthCheckPath: null,
        matcher: '200',
        process: 'default',
        verify: 'warn',
        onFailure: 'fail',
      },
      files: written.map((path) => ({ path, action: 'create' })),
    });
    expect(project.read(hook)).toMatch(/^HOSTS='example\.com www\.example\.com'$/m);

    project.remove();
    project = scratchProject(djangoProject);
    const { status } = spawnSync(
      'sh',
      ['-c', 'umask 077; exec "$@"', 'sh', process.execPath, `${process.cwd()}/dist/bin.js`, 'init', '--yes'],
      {
        cwd: project.root,
      },
    );
    expect(status).toBe(0);
    for (const path of written) {
      expect(statSync(project.path(path)).mode & 0o777).toBe(path.endsWith('.sh') ? 0o755 : 0o644);
    }
  });

  it('changes no byte and no time the second time', async () => {
    project = scratchProject(djangoProject);
    await init('--yes', '--health-check-path', '/health/');
    const before = project.contents();
    const times = written.map((path) => statSync(project.path(path)).mtimeMs);
    const run = await init();
    expect(run).toMatchObject({ status: 0 });
    expect(run.stdout).toMatch(/up to date\n/);
    expect(project.contents()).toEqual(before);
    expect(written.map((path) => statSync(project.path(path)).mtimeMs)).toEqual(times);
    expect(await init('--check')).toMatchObject({ status: 0 });
  });

  it('asks for --yes off a terminal, and writes nothing', async () => {
    project = scratchProject(djangoProject);
    const before = project.contents();
    const run = await init();
    expect(run.status).toBe(2);
    expect(run.stderr).toMatch(/--yes/);
    expect(project.contents()).toEqual(before);
  });

  it('prints with --dry-run a diff that git applies to the same result', async () => {
    project = scratchProject(djangoProject);
    const before = project.contents();
    const { stdout, status } = await init('--dry-run', '--quiet', '--health-check-path', '/health/');
    expect(status).toBe(0);
    expect(project.contents()).toEqual(before);
    const diff = stdout.slice(
      stdout.indexOf('diff --git'),
      stdout.lastIndexOf('would create .platform/hooks/predeploy'),
    );
    const apply = spawnSync('git', ['apply', '-'], {
      cwd: project.root,
      input: diff.replace(/would create[\s\S]*$/, ''),
    });
    expect(apply.stderr.toString()).toBe('');
    const applied = project.contents();
    await init('--yes', '--health-check-path', '/health/');
    expect(project.contents()).toEqual(applied);
  });

  it('keeps the choices of the settings block, edited by hand or not', async () => {
    project = scratchProject(djangoProject);
    await init('--yes', '--on-failure', 'warn', '--hosts', 'a.example', '--verify', 'fail');
    project.write(hook, (project.read(hook) ?? '').replace("DELIVERY='auto'", "DELIVERY='systemd'"), 0o755);
    expect(await json('--yes')).toMatchObject({
      choices: {
        onFailure: 'warn',
        hosts: ['a.example'],
        hostsFrom: 'flag',
        verify: 'fail',
        delivery: 'systemd',
      },
    });
    expect(project.read(hook)).toMatch(/^DELIVERY='systemd'$/m);
  });

  it('reads the default hosts again: a changed default is drift', async () => {
    project = scratchProject(djangoProject);
    await init('--yes');
    const settings = project.read('mysite/settings.py') ?? '';
    project.write('mysite/settings.py', settings.replace('www.example.com', 'shop.example.com'));
    expect(await init('--check')).toMatchObject({ status: 1 });
    await init('--yes');
    expect(project.read(hook)).toMatch(/^HOSTS='example\.com shop\.example\.com'$/m);
    expect(await init('--check')).toMatchObject({ status: 0 });
  });

  it('deletes what the choices no longer ask for', async () => {
    project = scratchProject(djangoProject);
    await init('--yes', '--health-check-path', '/health/');
    expect((await json('--yes', '--verify', 'off')).files).toContainEqual({
      path: written[1],
      action: 'delete',
    });
    expect(project.read('.platform/hooks/postdeploy/10_eb_hosts_verify.sh')).toBeUndefined();
    expect(readdirSync(project.path('.platform/hooks'))).toEqual(['predeploy']);
  });

  it.each([
    ['edited by hand', (text: string) => text.replace('set -euf', 'set -eufx'), /edited by hand/],
    ['not ours', () => '#!/bin/sh\necho mine\n', /not made by eb-hosts/],
    [
      'of a newer version',
      (text: string) => text.replace(/by eb-hosts \S+,/, 'by eb-hosts 99.0.0,'),
      /newer eb-hosts 99/,
    ],
  ])(
    'keeps a hook that is %s, writes nothing at all, and overwrites it with --force',
    async (_, edit, message) => {
      project = scratchProject(djangoProject);
      await init('--yes');
      project.write(hook, edit(project.read(hook) ?? ''), 0o755);
      const before = project.contents();
      const run = await init('--yes', '--health-check-path', '/health/');
      expect(run.status).toBe(1);
      expect(run.stdout).toMatch(message);
      expect(run.stdout).toMatch(/--force/);
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
    const document = await json('--yes', '--health-check-path', '/health/');
    expect(document.choices).toMatchObject({ healthCheckPath: '/up/', matcher: '200,301' });
    expect(document.findings).toContainEqual(
      expect.objectContaining({
        code: 'health-path-defined-elsewhere',
        file: '.ebextensions/django.config',
        line: 3,
      }),
    );
    expect(readdirSync(project.path('.ebextensions'))).toEqual(['django.config']);
    expect(project.read('.platform/hooks/postdeploy/10_eb_hosts_verify.sh')).toMatch(
      /^HEALTH_CHECK_PATH='\/up\/'$/m,
    );
  });

  it("leaves a .gitattributes of the user's own alone, and says if it breaks the hooks", async () => {
    project = scratchProject({ ...djangoProject, '.platform/.gitattributes': '*.conf -text\n' });
    const before = project.contents();
    const document = await json('--yes');
    expect(document.files.map(({ path }: { path: string }) => path)).not.toContain(written[4]);
    expect(document.ok).toBe(true);
    expect(project.read('.platform/.gitattributes')).toBe('*.conf -text\n');
    expect(await init('--check')).toMatchObject({ status: 0 });
    await ebHosts(project.root, ['remove', '--yes']);
    expect(project.contents()).toEqual(before);

    project.write('.platform/.gitattributes', '*.sh text eol=crlf\n');
    const { findings } = await json('--yes', '--force');
    expect(findings.map(({ code }: { code: string }) => code)).toContain('hook-crlf');
    expect(project.read('.platform/.gitattributes')).toBe('*.sh text eol=crlf\n');
  });

  it('does not warn of line ends that its own .gitattributes is about to settle', async () => {
    project = scratchProject(djangoProject);
    project.git('config', 'core.autocrlf', 'true');
    const codes = (document: { findings: { code: string }[] }) => document.findings.map(({ code }) => code);
    expect(codes(await json('--dry-run'))).not.toContain('hook-crlf');
    expect(codes(await json('--yes'))).not.toContain('hook-crlf');
    project.write('.platform/.gitattributes', '# mine\n');
    expect(codes(await json('--yes'))).toContain('hook-crlf');
  });

  it.each(['/health/', '/health'])(
    'judges the project as it leaves it, asked for the path %s',
    async (path) => {
      project = scratchProject({
        ...djangoProject,
        '.elasticbeanstalk/config.yml': 'global:\n  application_name: shop\n',
        'mysite/settings.py': `MIDDLEWARE = ["django.middleware.security.SecurityMiddleware"]
SECURE_SSL_REDIRECT = True
ALLOWED_HOSTS = ["example.com"]
ROOT_URLCONF = "mysite.urls"
`,
      });
      const { findings } = await json('--yes', '--settings', 'patch', '--health-check-path', path);
      const doctor = JSON.parse((await ebHosts(project.root, ['doctor', '--json'])).stdout);
      expect(findings).toEqual(doctor.findings);
      expect(findings).toContainEqual(
        expect.objectContaining({
          code: 'ssl-redirect-health-check',
          fix: expect.stringContaining(path.slice(1)),
        }),
      );
    },
  );

  it('does not write through confighooks that are a link to hooks', async () => {
    project = scratchProject({ ...djangoProject, '.platform/hooks/prebuild/01_mine.sh': '#!/bin/sh\n' });
    symlinkSync('hooks', project.path('.platform/confighooks'));
    const document = await json('--yes');
    expect(document.files.map(({ path }: { path: string }) => path)).not.toContain(written[2]);
    expect(project.read(hook)).toMatch(/^main "\$@"$/m);
    expect(await init('--check')).toMatchObject({ status: 0 });
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
      'settings that make no sense',
      (p) => p.write(hook, "# >>> eb-hosts settings\nROLE='x'\n# <<< eb-hosts settings\n"),
      'bad-settings',
    ],
  ])('refuses %s in one line, and changes nothing', async (_, prepare, code) => {
    project = scratchProject(djangoProject);
    prepare(project);
    const before = project.contents();
    const run = await init('--yes', '--json');
    expect(run.status).toBe(2);
    expect(JSON.parse(run.stdout)).toMatchObject({ command: 'init', ok: false, error: { code } });
    expect((await init('--yes')).stderr).not.toMatch(/\n\s+at /);
    expect(project.contents()).toEqual(before);
  });

  describeWith(['mount'], 'a small disk', () => {
    it('leaves everything as it was on a full or read-only disk', async () => {
      project = scratchProject({}, { git: false });
      for (const options of ['size=40k', 'size=10m,ro']) {
        expect(
          spawnSync('mount', ['-t', 'tmpfs', '-o', options.replace(',ro', ''), 'tmpfs', project.root]).status,
        ).toBe(0);
        try {
          for (const [path, text] of Object.entries(djangoProject)) project.write(path, text);
          if (options.endsWith('ro')) spawnSync('mount', ['-o', 'remount,ro', project.root]);
          const before = project.contents();
          const run = await init('--yes');
          expect(run.status).toBe(2);
          expect(run.stderr).toContain(`cannot write ${hook}: `);
          expect(run.stderr).toMatch(options.endsWith('ro') ? /read-only/ : /disk is full/);
          expect(project.contents()).toEqual(before);
          expect(readdirSync(project.root).sort()).toEqual([
            'Procfile',
            'manage.py',
            'mysite',
            'requirements.txt',
          ]);
        } finally {
          spawnSync('umount', [project.root]);
        }
      }
    });
  });

  it('leaves every file old or new when it is killed, and the next run completes it', {
    timeout: 120_000,
  }, async () => {
    project = scratchProject(djangoProject);
    await init('--yes');
    const complete = project.contents();
    for (let round = 0; round < 20; round++) {
      spawnSync('rm', ['-rf', project.path('.platform')]);
      await ebHosts(project.root, ['init', '--yes'], { killAfter: 60 + round * 10 });
      for (const [path, content] of Object.entries(project.contents())) {
        if (!path.includes('.eb-hosts.tmp.')) expect(content).toBe(complete[path]);
      }
      expect(await init('--yes')).toMatchObject({ status: 0 });
      expect(project.contents()).toEqual(complete);
    }
  });

  it('is not disturbed by another one at the same time', async () => {
    project = scratchProject(djangoProject);
    for (let round = 0; round < 8; round++) {
      spawnSync('rm', ['-rf', project.path('.platform')]);
      const runs = await Promise.all([init('--yes'), init('--yes'), init('--yes')]);
      expect(runs.map(({ status, stderr }) => `${status}${stderr}`)).toEqual(['0', '0', '0']);
      expect(Object.keys(project.contents()).filter((path) => path.includes('.tmp.'))).toEqual([]);
      expect(await init('--check')).toMatchObject({ status: 0 });
    }
  });

  it('works in an empty directory, without git, and in one with a blank and a quote in its name', async () => {
    project = scratchProject({}, { git: false });
    expect(await init('--yes')).toMatchObject({ status: 0 });
    mkdirSync(project.path("it's a dir"));
    expect(await ebHosts(project.path("it's a dir"), ['init', '--yes'])).toMatchObject({ status: 0 });
    expect(project.read(`it's a dir/${hook}`)).toBeDefined();
  });

  it.each([
    [['--separator', 'tab'], /'tab' is invalid\. Allowed choices are comma, space, semicolon, json, none\./],
    [['--health-check-path', 'health'], /begins with \//],
    [['--health-check-path', '/a b'], /begins with \//],
    [['--matcher', '600'], /statuses from 200 to 499/],
    [['--var', 'A B'], /not the name of a variable/],
    [['--var', 'LD_PRELOAD'], /another meaning/],
    [['--hosts', 'https://a.example'], /not a host name/],
    [['--dry-rum'], /Did you mean --dry-run/],
    [['--cwd', '/nonexistent'], /nonexistent/],
  ])('refuses %j with status 2', async (argv, message) => {
    project = scratchProject(djangoProject);
    const run = await init('--yes', ...argv);
    expect(run.status).toBe(2);
    expect(run.stdout).toBe('');
    expect(run.stderr).toMatch(message);
  });
});

describe('remove', () => {
  it('restores every byte', async () => {
    project = scratchProject({ ...djangoProject, '.platform/hooks/predeploy/01_mine.sh': '#!/bin/sh\n' });
    chmodSync(project.path('.platform/hooks/predeploy/01_mine.sh'), 0o755);
    const before = project.contents();
    await init('--yes', '--health-check-path', '/health/');
    expect(await ebHosts(project.root, ['remove', '--dry-run'])).toMatchObject({ status: 0 });
    expect(await ebHosts(project.root, ['remove'])).toMatchObject({ status: 2 });
    const run = await ebHosts(project.root, ['remove', '--yes', '--json']);
    expect(JSON.parse(run.stdout)).toMatchObject({ command: 'remove', ok: true });
    expect(project.contents()).toEqual(before);
    expect(readdirSync(project.path('.platform'))).toEqual(['hooks']);
    expect(readdirSync(project.root)).not.toContain('.ebextensions');
    expect((await ebHosts(project.root, ['remove', '--yes'])).stdout).toMatch(/nothing to remove/);
  });

  it.each([
    ['LF', 'ALLOWED_HOSTS = ["example.com"]\nDEBUG = False\n'],
    ['CRLF and a byte order mark', '\ufeffALLOWED_HOSTS = ["example.com"]\r\nDEBUG = False\r\n'],
    ['no line break at the end', 'DEBUG = False\nALLOWED_HOSTS = ("example.com",)'],
  ])('takes a patch out of the settings again, with %s', async (_, settings) => {
    project = scratchProject({ ...djangoProject, 'mysite/settings.py': settings });
    chmodSync(project.path('mysite/settings.py'), 0o640);
    const before = project.contents();
    const patched = await json('--yes', '--settings', 'patch');
    expect(patched.choices).toMatchObject({ variable: 'EB_HOSTS', separator: 'comma', role: 'extra-hosts' });
    expect(patched.files).toContainEqual({ path: 'mysite/settings.py', action: 'update' });
    expect(patched.findings.map(({ code }: { code: string }) => code)).not.toContain('settings-not-wired');
    expect(project.read('mysite/settings.py')).toMatch(/EB_HOSTS/);
    expect(await json('--yes')).toMatchObject({ choices: { variable: 'EB_HOSTS' }, snippet: null });
    expect(await init('--check', '--settings', 'patch')).toMatchObject({ status: 0 });
    expect(await ebHosts(project.root, ['remove', '--yes'])).toMatchObject({ status: 0 });
    expect(project.contents()).toEqual(before);
  });

  it('says that the lines for the settings need a loaded environment, where the delivery is a file', async () => {
    project = scratchProject({ ...djangoProject, 'mysite/settings.py': 'ALLOWED_HOSTS = ["example.com"]\n' });
    const told =
      /hosts-file-not-read[\s\S]*\nFor mysite\/settings\.py, below line 1, where the environment holds EB_HOSTS:\n/;
    const { stdout } = await init('--dry-run', '--delivery', 'file', '--settings', 'print');
    expect(stdout).toMatch(told);
    expect((await init('--dry-run', '--settings', 'print')).stdout).toMatch(
      /\nFor mysite\/settings\.py, below line 1:\n/,
    );
  });

  it('keeps what was edited by hand unless it is forced', async () => {
    project = scratchProject(djangoProject);
    const before = project.contents();
    await init('--yes');
    project.write(hook, (project.read(hook) ?? '').replace('set -euf', 'set -eu'), 0o755);
    const edited = project.contents();
    expect(await ebHosts(project.root, ['remove', '--yes'])).toMatchObject({ status: 1 });
    expect(project.contents()).toEqual(edited);
    expect(await ebHosts(project.root, ['remove', '--yes', '--force'])).toMatchObject({ status: 0 });
    expect(project.contents()).toEqual(before);
  });
});
