import { mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { hookPath } from '../../src/generated-paths.ts';
import { describeWith } from '../support/needs.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { runMain } from './in-process.ts';
import { answers, app, outputOf, project, projectWithHooks, rehearse, run, write } from './rehearsing.ts';

const secret = 'hunter2-of-the-database';

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

  it.each(['.ebignore', '.gitignore'])('has no hooks either where %s leaves them out', async (file) => {
    const directory = await projectWithHooks();
    write(directory, file, '.platform/\n');
    expect(await rehearse(directory)).toMatchObject({ ok: false, reached: false });
    expect((await run(directory)).stderr).toMatch(/10_eb_hosts\.sh is not deployed: .*ignore/);
  });

  it('follows a link of the bundle to the hooks', async () => {
    const directory = await projectWithHooks();
    mkdirSync(join(directory, 'deploy'));
    renameSync(join(directory, '.platform'), join(directory, 'deploy/platform'));
    symlinkSync('deploy/platform', join(directory, '.platform'));
    expect(await rehearse(directory)).toMatchObject({ ok: true, reached: true });
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

  it('leaves nothing behind', async () => {
    const directory = await projectWithHooks();
    const temporary = scratchDirectory();
    vi.stubEnv('TMPDIR', temporary);
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const mark = `require("node:fs").writeFileSync("${directory}/pid", String(process.pid)); `;
    const script = `${mark}http.createServer((q, r) => r.end()).listen(process.env.PORT)`;
    expect(await rehearse(directory, '--', process.execPath, '-e', script)).toMatchObject({ ok: true });
    expect(readdirSync(temporary)).toEqual([]);
    expect(() => process.kill(Number(readFileSync(join(directory, 'pid'), 'utf8')), 0)).toThrow('ESRCH');
  });

  it('leaves the repository as it is', async () => {
    const directory = await projectWithHooks();
    await execa('git', ['add', '--all'], { cwd: directory });
    await rehearse(directory, '--twice', '--', ...app);
    const { stdout } = await execa('git', ['status', '--porcelain'], { cwd: directory });
    expect(stdout.split('\n').filter((line) => !line.startsWith('A '))).toEqual([]);
  });
});

describe('wrong usage of rehearse', () => {
  it.each([
    [['--'], 'the command after -- is missing'],
    [['--', 'gunicorn', 'x.wsgi', '-b', '127.0.0.1:'], 'quote $PORT'],
    [['--', 'gunicorn', '--bind=localhost:'], 'quote $PORT'],
    [['--property', 'A'], '--property takes NAME=VALUE'],
    [['--platform', 'windows'], 'Allowed choices are python, docker,'],
    [['--imds', 'gone'], 'Allowed choices are up, down,'],
    [['stray'], 'too many arguments'],
  ])('%j', async (argv, message) => {
    const { status, stdout, stderr } = await runMain(['rehearse', ...argv]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});
