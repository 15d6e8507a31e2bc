import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hostsDirectory, loadHostsFile } from '../../src/generated-paths.ts';
import { git, repositoryOf, scratchDirectory, writeTree } from '../support/scratch.ts';
import { runMain } from './in-process.ts';

const app = {
  'manage.py':
    'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_a.settings")\nimport django\n',
  'requirements.txt': 'django\n',
  'site_a/__init__.py': '',
  'site_a/settings.py':
    'import os\nALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "example.com").split(",")\nINSTALLED_APPS = []\n',
  '.ebextensions/django.config':
    'option_settings:\n  aws:elasticbeanstalk:container:python:\n    WSGIPath: site_a.wsgi:application\n',
};

interface Document {
  command: string;
  ok: boolean;
  project: Record<string, unknown>;
  findings: { code: string; severity: string; file: string | null; line: number | null }[];
}

async function doctor(cwd: string, ...argv: string[]) {
  const { status, stdout, stderr } = await runMain(['doctor', '--json', ...argv], { cwd });
  const document = JSON.parse(stdout) as Document;
  expect(stderr).toBe('');
  return { status, document, codes: document.findings.map(({ code }) => code) };
}

/** An app with generated and committed hooks. */
async function installed(more: Record<string, string> = {}): Promise<string> {
  const root = repositoryOf({ ...app, ...more });
  expect((await runMain(['init', '--yes', '--quiet'], { cwd: root })).status).toBe(0);
  git(root, 'add', '--all');
  git(root, 'commit', '--quiet', '--message', 'hooks');
  return root;
}

describe('eb-hosts doctor', () => {
  it('is content with what init made', async () => {
    const { status, document } = await doctor(await installed(), '--strict');
    expect(document.findings).toEqual([]);
    expect([status, document.ok]).toEqual([0, true]);
    expect(document).toMatchObject({
      command: 'doctor',
      project: {
        framework: 'django',
        platform: 'python',
        appRoot: '.',
        settings: [{ variable: 'ALLOWED_HOSTS' }],
      },
    });
  });

  it('misses no hooks where the app answers every host by default', async () => {
    const list = 'ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "*").split(",")\n';
    const root = repositoryOf({ ...app, 'site_a/settings.py': `import os\nINSTALLED_APPS = []\n${list}` });
    expect((await doctor(root)).codes).toEqual(['hosts-default-wildcard']);
  });

  it('says that hooks are missing, and exits 1 for that with --strict only', async () => {
    const root = repositoryOf(app);
    const { status, document, codes } = await doctor(root);
    expect(codes).toEqual(['hooks-missing']);
    expect(document.findings[0]).toMatchObject({ file: 'site_a/settings.py', line: 2, severity: 'warning' });
    expect([status, document.ok]).toEqual([0, true]);
    expect((await doctor(root, '--strict')).status).toBe(1);
  });

  it('says after init, on ECS, that nothing reads the list, until something does', async () => {
    const web = {
      name: 'web',
      image: 'example.com/web',
      mountPoints: [{ sourceVolume: 'eb', containerPath: '/var/lib/eb-hosts', readOnly: true }],
    };
    const dockerrun = (container: object) =>
      JSON.stringify({
        AWSEBDockerrunVersion: 2,
        volumes: [{ name: 'eb', host: { sourcePath: '/var/lib/eb-hosts' } }],
        containerDefinitions: [container],
      });
    const { '.ebextensions/django.config': _, ...django } = app;
    const root = repositoryOf({
      ...django,
      'site_a/settings.py': 'ALLOWED_HOSTS = ["example.com"]\nINSTALLED_APPS = []\n',
      'Dockerrun.aws.json': dockerrun(web),
    });
    const init = await runMain(['init', '--yes', '--settings', 'patch'], { cwd: root });
    expect(init).toMatchObject({ status: 0, stdout: expect.stringContaining('hosts-file-not-read') });
    const commit = () => {
      git(root, 'add', '--all');
      git(root, 'commit', '--quiet', '--message', 'hooks');
    };
    commit();
    expect((await doctor(root)).codes).toEqual(['hosts-file-not-read']);
    const command = ['sh', '-c', `${loadHostsFile(hostsDirectory)}; exec gunicorn site_a.wsgi`];
    writeFileSync(join(root, 'Dockerrun.aws.json'), dockerrun({ ...web, command }));
    commit();
    expect((await doctor(root)).codes).toEqual([]);
  });

  it('exits 1 for an error', async () => {
    const { status, document, codes } = await doctor(repositoryOf({ ...app, '.ebignore': '*.sh\n' }));
    expect(codes).toContain('bundle-drops-hooks');
    expect([status, document.ok]).toEqual([1, false]);
  });

  it('sees what happened to the generated files', async () => {
    const root = await installed();
    const hook = join(root, '.platform/hooks/predeploy/10_eb_hosts.sh');
    const text = readFileSync(hook, 'utf8');
    const codesWith = async (changed: string) => {
      writeTree(root, { '.platform/hooks/predeploy/10_eb_hosts.sh*': changed });
      const { codes } = await doctor(root);
      writeTree(root, { '.platform/hooks/predeploy/10_eb_hosts.sh*': text });
      return codes;
    };
    expect(await codesWith(text.replace('--separator comma', '--separator nonsense'))).toContain(
      'hook-settings-invalid',
    );
    const newer = text.replace(/by eb-hosts \S+/, 'by eb-hosts 99.0.0');
    expect(await codesWith(newer)).toContain('hook-edited');
    expect(await codesWith(`${text}\necho mine\n`)).toContain('hook-edited');
    execFileSync('rm', [join(root, '.platform/confighooks/predeploy/10_eb_hosts.sh')]);
    expect((await doctor(root)).codes).toContain('hooks-incomplete');
  });

  it("sees that the app's default hosts have changed since", async () => {
    const root = await installed();
    const settings = app['site_a/settings.py'].replace('example.com', 'example.com,www.example.com');
    writeTree(root, { 'site_a/settings.py': settings });
    const { status, document } = await doctor(root);
    expect(document.findings).toContainEqual(
      expect.objectContaining({ code: 'hooks-outdated', severity: 'warning' }),
    );
    expect(status).toBe(0);
  });

  it('finds nothing in an empty directory', async () => {
    const { status, document } = await doctor(scratchDirectory());
    expect([status, document.findings]).toEqual([0, []]);
    expect(document.project).toMatchObject({ framework: 'generic', platform: 'unknown' });
  });

  it('writes nothing', async () => {
    const root = repositoryOf(app);
    const before = git(root, 'status', '--porcelain', '--ignored');
    const files = readdirSync(root, { recursive: true }).sort();
    await doctor(root);
    expect(readdirSync(root, { recursive: true }).sort()).toEqual(files);
    expect(git(root, 'status', '--porcelain', '--ignored')).toBe(before);
  });

  it('works in another directory, and names files from its app root', async () => {
    const root = repositoryOf(
      Object.fromEntries(Object.entries(app).map(([path, text]) => [`api/${path}`, text])),
    );
    const { document } = await doctor(scratchDirectory(), '--cwd', root);
    expect(document.project).toMatchObject({ appRoot: 'api', framework: 'django' });
    expect(document.findings[0]).toMatchObject({ file: 'site_a/settings.py' });
    const { stdout } = await runMain(['doctor'], { cwd: root });
    expect(stdout).toContain('warning hooks-missing api/site_a/settings.py:2');
  });

  it('annotates from the top of the checkout', async () => {
    const root = repositoryOf(
      Object.fromEntries(Object.entries(app).map(([path, text]) => [`api/${path}`, text])),
    );
    const { stdout } = await runMain(['doctor', '--format', 'github', '--cwd', join(root, 'api')], {
      env: { GITHUB_WORKSPACE: root },
    });
    expect(stdout).toMatch(
      /^::warning file=api\/site_a\/settings\.py,line=2,title=eb-hosts%3A hooks-missing::/,
    );
  });

  it('says of settings that are committed, and not on the disk, that they were not read', async () => {
    const root = repositoryOf(app);
    rmSync(join(root, 'site_a/settings.py'));
    const { document, codes } = await doctor(root);
    expect(codes).toContain('file-passed-over');
    expect(codes).not.toContain('hosts-empty');
    expect(document.project.settings).toMatchObject([{ file: 'site_a/settings.py', source: 'unknown' }]);
  });

  it('tells the worst first, and below it what was read, unless told to be quiet', async () => {
    const root = repositoryOf({ ...app, '.ebignore': '*.sh\n' });
    const { stdout } = await runMain(['doctor'], { cwd: root });
    const heads = stdout.split('\n').filter((line) => /^(?:error|warning|info) |^\d|^platform/.test(line));
    expect(heads.map((line) => line.split(' ')[0])).toEqual(['error', 'warning', '1', 'platform']);
    expect(stdout).toMatch(/^hosts +a fixed list|^hosts +ALLOWED_HOSTS/m);
    expect((await runMain(['doctor', '--quiet'], { cwd: root })).stdout).not.toMatch(/^platform/m);
  });

  it('says what was checked where there is nothing to report', async () => {
    const { stdout } = await runMain(['doctor'], { cwd: await installed() });
    expect(stdout).toMatch(/^nothing to report; checked: the platform, /);
  });

  it.each([
    [['--format', 'xml'], 'Allowed choices are text, json, github'],
    [['surplus'], 'too many arguments'],
    [['--strikt'], "unknown option '--strikt' (Did you mean --strict?)"],
    [['--cwd', '/nonexistent/x'], 'is not a directory'],
  ])('refuses %j with status 2', async (argv, message) => {
    const { status, stderr } = await runMain(['doctor', ...argv]);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
  });
});
