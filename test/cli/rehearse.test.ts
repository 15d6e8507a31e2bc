import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import { hookPath } from '../../src/hooks/render.ts';
import { createScratch, type Scratch } from '../../src/instance/scratch.ts';
import { describeWithDjango } from '../instance-emulation/servers.ts';
import { describeWith } from '../support/needs.ts';
import { scratchDirectory, writeTree } from '../support/scratch.ts';
import { type Ran, runMain } from './in-process.ts';

const fixture = join(import.meta.dirname, '../fixtures/project');
const standIn = join(import.meta.dirname, '../../scripts/demo-app.mjs');
const app = [process.execPath, standIn];
const secret = 'hunter2-of-the-database';

interface Document {
  ok: boolean;
  address: string;
  reached: boolean;
  value: string | null;
  trouble: string | null;
  steps: {
    command: string;
    phase: string;
    hook: string | null;
    ran: boolean;
    ok: boolean;
    output: string;
    note: string | null;
    changed: { path: string }[];
  }[];
  environmentFiles: { path: string; before: string | null; after: string | null }[];
  checks: { asker: string; host: string; status: number | null; verdict: string; fix: string | null }[];
}

/** The fixture in a scratch directory, a git repository of its own. */
async function project(): Promise<string> {
  const directory = scratchDirectory();
  cpSync(fixture, directory, { recursive: true });
  await execa('git', ['init', '--quiet'], { cwd: directory });
  return directory;
}

let initialized: Promise<Scratch> | undefined;
afterAll(async () => (await initialized)?.remove());

/** The fixture after `init`. */
async function projectWithHooks(): Promise<string> {
  initialized ??= initialize();
  const directory = scratchDirectory();
  cpSync((await initialized).path, directory, { recursive: true });
  return directory;
}

async function initialize(): Promise<Scratch> {
  const scratch = createScratch('test');
  cpSync(await project(), scratch.path, { recursive: true });
  const { status, stderr } = await runMain(['init', '--yes'], { cwd: scratch.path });
  expect({ status, stderr }).toMatchObject({ status: 0 });
  return scratch;
}

function run(cwd: string, ...argv: string[]): Promise<Ran> {
  const env = { PATH: process.env.PATH, ALLOWED_HOSTS: 'of.my.shell', MY_SHELL: 'leaked' };
  return runMain(['rehearse', ...argv], { cwd, env });
}

async function rehearse(cwd: string, ...argv: string[]): Promise<Document> {
  const { status, stdout } = await run(cwd, '--json', ...argv);
  const document = JSON.parse(stdout) as Document;
  expect(status).toBe(document.ok ? 0 : 1);
  return document;
}

const write = (directory: string, path: string, text: string) => writeTree(directory, { [path]: text });

const answers = ({ checks }: Document) => checks.map(({ asker, host, status }) => [asker, host, status]);
const outputOf = ({ steps }: Document) => steps.map(({ output }) => output).join('');

describeWith(['git', 'curl'], 'rehearse', () => {
  it('shows the refusal of an app without hooks, and that it is cured by them', async () => {
    const directory = await project();
    const before = await rehearse(directory, '--', ...app);
    expect(before).toMatchObject({ ok: false, reached: false });
    expect(answers(before)).toEqual([
      ['load balancer', '10.0.1.5', 400],
      ['your site', 'example.com', 200],
      ['your site', 'www.example.com', 200],
      ['foreign host', 'somebody-else.example.net', 400],
    ]);
    expect(before.checks[0]?.fix).toContain('eb-hosts init');

    await runMain(['init', '--yes', '--health-check-path', '/health/'], { cwd: directory });
    const after = await rehearse(directory, '--', ...app);
    expect(after).toMatchObject({ ok: true, reached: true, value: 'example.com,www.example.com,10.0.1.5' });
    expect(answers(after)).toEqual([
      ['load balancer', '10.0.1.5', 200],
      ['your site', 'example.com', 200],
      ['your site', 'www.example.com', 200],
      ['foreign host', 'somebody-else.example.net', 400],
    ]);
    const verified = after.steps.find(({ phase }) => phase === 'postdeploy');
    expect(verified).toMatchObject({ ran: true, ok: true });
    expect(verified?.output).toContain('200, healthy');
  });

  it('tells without an app whether the address reaches its environment', async () => {
    const document = await rehearse(await projectWithHooks());
    expect(document).toMatchObject({ ok: true, reached: true, checks: [] });
    expect(document.environmentFiles).toEqual([
      {
        path: '/var/lib/eb-hosts/hosts.env',
        before: null,
        after: 'ALLOWED_HOSTS=example.com,www.example.com,10.0.1.5\n',
      },
    ]);
    const verifier = document.steps.find(({ hook }) => hook?.endsWith('10_eb_hosts_verify.sh'));
    expect(verifier).toMatchObject({ ran: false });
  });

  it('says so, and fails, where there are no hooks', async () => {
    const { status, stdout, stderr } = await run(await project());
    expect(status).toBe(1);
    expect(stderr).toContain("'eb-hosts init' makes it");
    expect(stdout).toContain('the address did not reach');
  });

  it('has no hooks either where the bundle leaves them out', async () => {
    const directory = await projectWithHooks();
    write(directory, '.ebignore', '.platform/\n');
    expect(await rehearse(directory)).toMatchObject({ ok: false, reached: false });
  });

  it.each(['docker', 'compose', 'ecs', 'other'])('works for platform %s', async (platform) => {
    const directory = await projectWithHooks();
    if (platform === 'compose') {
      write(directory, 'docker-compose.yml', 'services:\n  web:\n    build: .\n    env_file: .env\n');
    }
    if (platform === 'ecs') write(directory, 'Dockerrun.aws.json', '{ "AWSEBDockerrunVersion": 2 }\n');
    const document = await rehearse(directory, '--platform', platform, '--', ...app);
    expect(document).toMatchObject({ ok: true, reached: true });
  });

  it('sees that a compose file hands the variable to no container', async () => {
    const directory = await projectWithHooks();
    write(directory, 'docker-compose.yml', 'services:\n  web:\n    build: .\n');
    write(directory, '.elasticbeanstalk/config.yml', 'global:\n  default_platform: Docker\n');
    const document = await rehearse(directory);
    expect(document).toMatchObject({ ok: false, reached: false });
    expect(document.trouble).toContain('no service of docker-compose.yml takes ALLOWED_HOSTS over from .env');
  });

  it('has nothing to show on PHP, which has no web.service', async () => {
    const directory = await projectWithHooks();
    write(directory, 'Procfile', 'worker: true\n');
    expect(await rehearse(directory, '--platform', 'php')).toMatchObject({ ok: false, reached: false });
  });

  it('shows no value of another variable, and masks none of its own', async () => {
    const directory = await projectWithHooks();
    const flags = [
      '--platform',
      'docker',
      '--property',
      `DATABASE_URL=${secret}`,
      '--property',
      'ALLOWED_HOSTS=a.example',
    ];
    for (const { stdout, stderr } of [
      await run(directory, ...flags),
      await run(directory, ...flags, '--json'),
    ]) {
      expect(stdout + stderr).not.toContain(secret);
      expect(stdout).toContain('ALLOWED_HOSTS=a.example,10.0.1.5');
    }
    const { environmentFiles } = await rehearse(directory, ...flags);
    expect(environmentFiles[0]?.after).toContain('DATABASE_URL=(hidden)');
  });

  it('takes the properties of .ebextensions, and those of the command line over them', async () => {
    const directory = await projectWithHooks();
    const setting =
      'option_settings:\n  aws:elasticbeanstalk:application:environment:\n    ALLOWED_HOSTS: x.example\n';
    write(directory, '.ebextensions/hosts.config', setting);
    expect((await rehearse(directory)).value).toBe('x.example,10.0.1.5');
    expect((await rehearse(directory, '--property', 'ALLOWED_HOSTS=y.example')).value).toBe(
      'y.example,10.0.1.5',
    );
  });

  it('runs the confighooks after a change of properties', async () => {
    const directory = await projectWithHooks();
    const document = await rehearse(
      directory,
      '--config-update',
      '--property',
      'ALLOWED_HOSTS=y.example',
      '--',
      ...app,
    );
    expect(document.value).toBe('y.example,10.0.1.5');
    const ran = document.steps.filter(({ hook, phase }) => hook !== null && phase === 'predeploy');
    expect(ran.map(({ command, hook }) => [command, hook])).toEqual([
      ['app-deploy', hookPath],
      ['config-deploy', '.platform/confighooks/predeploy/10_eb_hosts.sh'],
    ]);
    expect(answers(document)).toContainEqual(['your site', 'y.example', 200]);
  });

  it('changes nothing in a second deployment', async () => {
    const { steps } = await rehearse(await projectWithHooks(), '--twice');
    const runs = steps.filter(({ hook }) => hook === hookPath);
    expect(runs.map(({ changed }) => changed.length > 0)).toEqual([true, false]);
  });

  it("passes over a person's other hooks unless asked, and then ends where one fails", async () => {
    const directory = await projectWithHooks();
    write(directory, '.platform/hooks/predeploy/99_mine.sh', '#!/bin/sh\necho mine; exit 7\n');
    const without = await rehearse(directory);
    expect(without.ok).toBe(true);
    expect(without.steps.find(({ hook }) => hook?.endsWith('99_mine.sh'))).toMatchObject({ ran: false });
    const { status, stdout } = await run(directory, '--all-hooks');
    expect(status).toBe(1);
    expect(stdout).toMatch(/99_mine\.sh {2}failed with status 7\n {4}mine\n\nthe deployment fails\n/);
  });

  it('shows what becomes of a metadata service that stumbles', async () => {
    const document = await rehearse(await projectWithHooks(), '--imds', 'flaky');
    expect(document).toMatchObject({ ok: true, address: '10.0.1.5' });
    expect(await rehearse(await projectWithHooks(), '--imds', 'v1-off')).toMatchObject({ ok: true });
  });

  it('shows what becomes of one that is down: the default route, or an aborted deployment', async () => {
    const document = await rehearse(await projectWithHooks(), '--imds', 'down');
    expect(outputOf(document)).toContain('default route');
    expect(document.ok).toBe(document.reached);
  });

  it('asks the path and applies the matcher that .ebextensions set', async () => {
    const directory = await projectWithHooks();
    const settings = { HealthCheckPath: '/nowhere/', MatcherHTTPCode: '"404"' };
    const lines = Object.entries(settings).map(([option, value]) => `    ${option}: ${value}\n`);
    const namespace = 'aws:elasticbeanstalk:environment:process:default';
    write(directory, '.ebextensions/check.config', `option_settings:\n  ${namespace}:\n${lines.join('')}`);
    const document = await rehearse(directory, '--', ...app);
    expect(document.ok).toBe(true);
    expect(document.checks[0]).toMatchObject({ status: 404, verdict: 'healthy' });
  });

  it('proposes a command from the Procfile', async () => {
    const { stderr } = await run(await projectWithHooks());
    expect(stderr).toContain(
      "-- 'gunicorn --bind 127.0.0.1:$PORT --workers 3 --access-logfile - mysite.wsgi'",
    );
  });

  it('leaves the repository as it is', async () => {
    const directory = await projectWithHooks();
    await execa('git', ['add', '--all'], { cwd: directory });
    await rehearse(directory, '--twice', '--', ...app);
    const { stdout } = await execa('git', ['status', '--porcelain'], { cwd: directory });
    expect(stdout.split('\n').filter((line) => !line.startsWith('A '))).toEqual([]);
  });
});

describeWith(['git', 'curl'], 'the app of a rehearsal', () => {
  const printEnvironment = [
    process.execPath,
    '-e',
    'console.log(JSON.stringify(process.env)); process.exit(3)',
  ];

  it('gets its properties, PORT and the tools of the shell, and nothing else', async () => {
    const directory = await projectWithHooks();
    const document = await rehearse(directory, '--property', 'SECRET_KEY=a b', '--', ...printEnvironment);
    const start = document.steps.find(({ phase }) => phase === 'start');
    expect(start).toMatchObject({ ok: false, note: 'the app ended before it answered (status 3)' });
    expect(JSON.parse(start?.output ?? '')).toEqual({
      ALLOWED_HOSTS: 'example.com,www.example.com,10.0.1.5',
      DJANGO_SETTINGS_MODULE: 'mysite.settings.production',
      SECRET_KEY: 'a b',
      PATH: process.env.PATH,
      PORT: expect.stringMatching(/^\d+$/),
    });
    expect(document.ok).toBe(false);
  });

  it('runs in the deployed bundle, beside the dependencies of the work tree', async () => {
    const directory = await projectWithHooks();
    write(directory, '.gitignore', 'node_modules/\nuncommitted-secret\n');
    write(directory, 'node_modules/dependency/index.js', '');
    write(directory, 'uncommitted-secret', '');
    const list = [
      process.execPath,
      '-e',
      'console.log(fs.readdirSync(".").join(), fs.existsSync("node_modules/dependency"))',
    ];
    const document = await rehearse(directory, '--', ...list);
    const output = document.steps.find(({ phase }) => phase === 'start')?.output;
    expect(output).toContain('true');
    expect(output).toContain('manage.py');
    expect(output).not.toContain('uncommitted-secret');
  });

  it('may be a line for the shell, or words in which $PORT is replaced', async () => {
    const directory = await projectWithHooks();
    const line = `NOTHING=1; "${process.execPath}" "${standIn}"`;
    expect(await rehearse(directory, '--', line)).toMatchObject({ ok: true });
    const words = [
      process.execPath,
      '-e',
      'http.createServer((q, r) => r.end()).listen(process.argv[1])',
      '$PORT',
    ];
    const document = await rehearse(directory, '--', ...words);
    expect(document.checks.map(({ status, verdict }) => [status, verdict])).toEqual([
      [200, 'healthy'],
      [200, 'accepted'],
      [200, 'accepted'],
      [200, 'accepted: this app takes any host'],
    ]);
    expect(document.ok).toBe(true);
  });

  it('fails the rehearsal if it refuses its own site', async () => {
    const directory = await projectWithHooks();
    const code =
      'http.createServer((q, r) => { r.statusCode = q.headers.host === "10.0.1.5" ? 200 : 400; r.end() }).listen(process.env.PORT)';
    const document = await rehearse(directory, '--', process.execPath, '-e', code);
    expect(document.ok).toBe(false);
    expect(document.checks[1]).toMatchObject({
      status: 400,
      verdict: 'refused: your own visitors would be locked out',
    });
  });

  it('that is not there is named, status 2', async () => {
    const { status, stdout } = await run(await projectWithHooks(), '--json', '--', 'no-such-server');
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'app-not-found' } });
  });
});

describe('wrong usage of rehearse', () => {
  it.each([
    [['--'], 'the command after -- is missing'],
    [['--', 'gunicorn', 'x.wsgi', '-b', '127.0.0.1:'], 'quote $PORT'],
    [['--', 'gunicorn', '--bind=localhost:'], 'quote $PORT'],
    [['--property', 'A'], '--property takes NAME=VALUE'],
    [['--platform', 'windows'], '--platform takes python|docker|'],
    [['--imds', 'gone'], '--imds takes up|down|'],
    [['stray'], "unexpected argument 'stray'"],
  ])('%j', async (argv, message) => {
    const { status, stdout, stderr } = await runMain(['rehearse', ...argv]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});

describeWithDjango(['git', 'curl'], 'rehearse with Django itself', (python) => {
  const gunicorn = `${python} -m gunicorn --workers 1 --bind 127.0.0.1:$PORT mysite.wsgi`;

  it('400 before init, 200 after, the site and a stranger as they were', async () => {
    const directory = await project();
    const command = ['--property', 'SECRET_KEY=x', '--', gunicorn];
    expect(answers(await rehearse(directory, ...command)).map(([, , status]) => status)).toEqual([
      400, 200, 200, 400,
    ]);
    await runMain(['init', '--yes', '--health-check-path', '/health/'], { cwd: directory });
    const after = await rehearse(directory, ...command);
    expect(answers(after).map(([, , status]) => status)).toEqual([200, 200, 200, 400]);
    expect(after.ok).toBe(true);
  });

  it('shows the traceback of an app that does not start', async () => {
    const { status, stdout } = await run(await projectWithHooks(), '--', gunicorn);
    expect(status).toBe(1);
    expect(stdout).toContain("KeyError: 'SECRET_KEY'");
    expect(stdout).toContain('the app did not start');
  });
});
