import { mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { hookPath } from '../../src/generated-paths.ts';
import { findFreePort } from '../../src/instance/scratch.ts';
import { describeWithDjango } from '../instance-emulation/servers.ts';
import { describeWith } from '../support/needs.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { runMain } from './in-process.ts';
import { answers, app, outputOf, project, projectWithHooks, rehearse, run, write } from './rehearsing.ts';

const secret = 'hunter2-of-the-database';

/** An app that is a line of JavaScript: `s` is the status for the host `h`. */
const answering = (s: string) => [
  process.execPath,
  '-e',
  `http.createServer((q, r) => { const h = q.headers.host; r.statusCode = ${s}; r.end() }).listen(process.env.PORT)`,
];

describeWith(['git', 'curl'], 'rehearse without an app', () => {
  it('tells whether the address reaches the environment, and promises nothing more', async () => {
    const directory = await projectWithHooks();
    const document = await rehearse(directory);
    expect(document).toMatchObject({ ok: true, reached: true, checks: [] });
    expect(document.environmentFiles).toEqual([
      {
        path: '/var/lib/eb-hosts/hosts.env',
        before: null,
        after: 'ALLOWED_HOSTS=example.com,www.example.com,10.0.1.5\n',
      },
    ]);
    const { stdout } = await run(directory);
    expect(stdout).toContain("shown: ALLOWED_HOSTS holds 10.0.1.5 in the app's environment\nnot shown:");
    expect(stdout.replace(/\s+/g, ' ')).toContain(
      "rehearse -- 'gunicorn --bind 127.0.0.1:$PORT --workers 3 --access-logfile - mysite.wsgi'",
    );
    expect(stdout).not.toContain('would pass');
  });

  it('fails where the settings provably ignore the variable', async () => {
    const directory = await projectWithHooks();
    write(
      directory,
      'mysite/settings/production.py',
      'from .base import *\nALLOWED_HOSTS = ["example.com"]\n',
    );
    const document = await rehearse(directory);
    expect(document).toMatchObject({ ok: false, reached: false });
    expect(document.trouble).toMatch(
      /production\.py:2: the hook fills ALLOWED_HOSTS, and .* does not read it/,
    );
  });

  it.each<[string, RegExp, (directory: string) => void]>([
    ['there are none', /'eb-hosts init' makes it/, (at) => renameSync(join(at, '.platform'), join(at, 'x'))],
    [
      '.ebignore leaves them out',
      /is not deployed: .*ignore/,
      (at) => write(at, '.ebignore', '.platform/\n'),
    ],
    ['git ignores them', /is not deployed: .*ignore/, (at) => write(at, '.gitignore', '.platform/\n')],
  ])('has no hooks where %s, and fails', async (_, words, change) => {
    const directory = await projectWithHooks();
    change(directory);
    expect(await rehearse(directory)).toMatchObject({ ok: false, reached: false });
    const { stdout, stderr } = await run(directory);
    expect(stderr).toMatch(words);
    expect(stdout).toContain('the address did not reach');
  });

  it('follows a link of the bundle to the hooks', async () => {
    const directory = await projectWithHooks();
    mkdirSync(join(directory, 'deploy'));
    renameSync(join(directory, '.platform'), join(directory, 'deploy/platform'));
    symlinkSync('deploy/platform', join(directory, '.platform'));
    expect(await rehearse(directory)).toMatchObject({ ok: true, reached: true });
  });

  it('sees that a compose file hands the variable to no container', async () => {
    const directory = await projectWithHooks('dotenv');
    write(directory, 'docker-compose.yml', 'services:\n  web:\n    build: .\n');
    write(directory, '.elasticbeanstalk/config.yml', 'global:\n  default_platform: Docker\n');
    const document = await rehearse(directory);
    expect(document).toMatchObject({ ok: false, reached: false });
    expect(document.trouble).toContain('the hook puts ALLOWED_HOSTS into .env, and no service');
  });

  it('shows no value of another variable, and masks none of its own', async () => {
    const directory = await projectWithHooks('env-list');
    const properties = { DATABASE_URL: secret, ALLOWED_HOSTS: 'a.example' };
    const flags = Object.entries(properties).flatMap(([name, value]) => ['--property', `${name}=${value}`]);
    for (const format of [[], ['--json']]) {
      const { stdout, stderr } = await run(directory, '--platform', 'docker', ...flags, ...format);
      expect(stdout + stderr).not.toContain(secret);
      expect(stdout).toContain('ALLOWED_HOSTS=a.example,10.0.1.5');
    }
  });

  it('takes the properties of .ebextensions, and those of the command line over them', async () => {
    const directory = await projectWithHooks();
    const namespace = 'aws:elasticbeanstalk:application:environment';
    write(
      directory,
      '.ebextensions/hosts.config',
      `option_settings:\n  ${namespace}:\n    ALLOWED_HOSTS: x.example\n`,
    );
    expect((await rehearse(directory)).value).toBe('x.example,10.0.1.5');
    expect((await rehearse(directory, '--property', 'ALLOWED_HOSTS=y.example')).value).toBe(
      'y.example,10.0.1.5',
    );
    const { stdout } = await run(directory, '--property', 'ALLOWED_HOSTS=*');
    expect(stdout).toContain('holds *');
  });

  it('tells that the hook fails', async () => {
    const directory = await projectWithHooks();
    const { status, stdout } = await run(directory, '--property', 'ALLOWED_HOSTS=a.example b.example');
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /10_eb_hosts\.sh {2}failed with status 1\n {4}eb-hosts: failed: .*\nthe deployment fails\n/,
    );
  });

  it('shows what becomes of a metadata service that is down', async () => {
    const document = await rehearse(await projectWithHooks(), '--imds', 'down');
    expect(outputOf(document)).toContain('default route');
    expect(document.ok).toBe(document.reached);
  });
});

describeWith(['git', 'curl'], 'the app of a rehearsal', () => {
  it.each([
    ['docker', 'env-list'],
    ['compose', 'dotenv'],
    ['ecs', 'file'],
    ['other', 'systemd'],
  ])('gets the list on platform %s', async (platform, delivery) => {
    const directory = await projectWithHooks(delivery);
    if (platform === 'compose') {
      write(directory, 'docker-compose.yml', 'services:\n  web:\n    build: .\n    env_file: .env\n');
    }
    const document = await rehearse(directory, '--platform', platform, '--', ...app);
    expect(document).toMatchObject({ ok: true, reached: true });
    const verified = document.steps.find(({ phase }) => phase === 'postdeploy');
    expect(verified?.output).toContain('200, healthy');
  });

  it('gets its properties, PORT and the tools of the shell, and nothing else', async () => {
    const directory = await projectWithHooks();
    const print = 'console.log(JSON.stringify(process.env)); process.exit(3)';
    const document = await rehearse(directory, '--property', 'KEY=a b', '--', process.execPath, '-e', print);
    const start = document.steps.find(({ phase }) => phase === 'start');
    expect(start).toMatchObject({ ok: false, note: 'the app ended before it answered (status 3)' });
    expect(JSON.parse(start?.output ?? '')).toEqual({
      ALLOWED_HOSTS: 'example.com,www.example.com,10.0.1.5',
      DJANGO_SETTINGS_MODULE: 'mysite.settings.production',
      KEY: 'a b',
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
    const list = 'console.log(fs.readdirSync(".").join(), fs.existsSync("node_modules/dependency"))';
    const document = await rehearse(directory, '--', process.execPath, '-e', list);
    const output = document.steps.find(({ phase }) => phase === 'start')?.output;
    expect(output).toContain('true');
    expect(output).toContain('manage.py');
    expect(output).not.toContain('uncommitted-secret');
  });

  it('may be a line for the shell, or words in which $PORT is replaced', async () => {
    const directory = await projectWithHooks();
    const line = `NOTHING=1; ${app.map((word) => `"${word}"`).join(' ')}`;
    expect(await rehearse(directory, '--', line)).toMatchObject({ ok: true });
    const words = ['-e', 'http.createServer((q, r) => r.end()).listen(process.argv[1])', '$PORT'];
    const document = await rehearse(directory, '--', process.execPath, ...words);
    expect(document.checks.at(-1)?.verdict).toBe('accepted: this app takes any host');
    expect(document.ok).toBe(true);
  });

  it('may listen on the port that the property PORT names', async () => {
    const port = await findFreePort();
    const listen = `http.createServer((q, r) => r.end()).listen(${port})`;
    const flags = ['--property', `PORT=${port}`, '--', process.execPath, '-e', listen];
    expect(await rehearse(await projectWithHooks(), ...flags)).toMatchObject({ ok: true });
  });

  it.each<[string, string, number, RegExp]>([
    ['its own site is refused', 'h === "10.0.1.5" ? 200 : 400', 1, /your own visitors would be locked out/],
    [
      'it does not heed the list',
      'h === "10.0.1.5" ? 400 : 200',
      1,
      /ALLOWED_HOSTS holds 10\.0\.1\.5, so let/,
    ],
    ['it fails', '(console.error("Traceback"), 500)', 1, /the app printed last\n {4}Traceback/],
    ['it takes any host', '200', 0, /takes any host\nthe health check would pass\n/],
  ])('has its verdict where %s, in 80 columns', async (_, statuses, expected, words) => {
    const { status, stdout } = await run(await projectWithHooks(), '--', ...answering(statuses));
    expect(status).toBe(expected);
    expect(stdout).toMatch(words);
    expect(stdout.split('\n').filter((line) => line.length > 80 && !line.startsWith('    '))).toEqual([]);
  });

  it('decides where the settings look as if they ignored the list', async () => {
    const directory = await projectWithHooks();
    write(
      directory,
      'mysite/settings/production.py',
      'from .base import *\nALLOWED_HOSTS = ["example.com"]\n',
    );
    const { status, stdout, stderr } = await run(directory, '--', ...app);
    expect({ status, stdout }).toMatchObject({ status: 0, stdout: expect.stringContaining('would pass') });
    expect(stderr).toContain('note: mysite/settings/production.py:2: ');
  });

  it('runs the confighooks after a change of properties', async () => {
    const flags = ['--config-update', '--property', 'ALLOWED_HOSTS=y.example'];
    const document = await rehearse(await projectWithHooks(), ...flags, '--', ...app);
    expect(document.value).toBe('y.example,10.0.1.5');
    const ran = document.steps.filter(({ hook, phase }) => hook !== null && phase === 'predeploy');
    expect(ran.map(({ command, hook }) => [command, hook])).toEqual([
      ['app-deploy', hookPath],
      ['config-deploy', '.platform/confighooks/predeploy/10_eb_hosts.sh'],
    ]);
    expect(answers(document)).toContainEqual(['your site', 'y.example', 200]);
  });

  it('is asked by the path and the matcher that .ebextensions set', async () => {
    const directory = await projectWithHooks();
    const namespace = 'aws:elasticbeanstalk:environment:process:default';
    const settings = '    HealthCheckPath: /nowhere/\n    MatcherHTTPCode: "404"\n';
    write(directory, '.ebextensions/z.config', `option_settings:\n  ${namespace}:\n${settings}`);
    const document = await rehearse(directory, '--', ...app);
    expect(document.ok).toBe(true);
    expect(document.checks[0]).toMatchObject({ status: 404, verdict: 'healthy' });
  });

  it('that is not there is named, status 2', async () => {
    const { status, stdout } = await run(await projectWithHooks(), '--json', '--', 'no-such-server');
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'app-not-found' } });
  });

  it('and the rest leave nothing behind, and the repository as it is', async () => {
    const directory = await projectWithHooks();
    await execa('git', ['add', '--all'], { cwd: directory });
    const pid = join(scratchDirectory(), 'pid');
    const temporary = scratchDirectory();
    vi.stubEnv('TMPDIR', temporary);
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const mark = `(require("node:fs").writeFileSync("${pid}", String(process.pid)), 200)`;
    expect(await rehearse(directory, '--config-update', '--', ...answering(mark))).toMatchObject({
      ok: true,
    });
    expect(readdirSync(temporary)).toEqual([]);
    expect(() => process.kill(Number(readFileSync(pid, 'utf8')), 0)).toThrow('ESRCH');
    const { stdout } = await execa('git', ['status', '--porcelain'], { cwd: directory });
    expect(stdout.split('\n').filter((line) => !line.startsWith('A '))).toEqual([]);
  });
});

describeWith(['git', 'curl', 'nginx'], "a rehearsal through the bundle's nginx", () => {
  const own = '.platform/nginx/conf.d/elasticbeanstalk/own.conf';

  it.each<[string, string, number, boolean, number | null]>([
    ['passes the check on', 'gzip on;\n', 200, true, null],
    [
      'redirects it',
      '\nif ($http_x_forwarded_proto != https) { return 301 https://$host/; }\n',
      301,
      false,
      2,
    ],
    ['asks for a password', 'auth_basic "Staging";\nauth_basic_user_file .htpasswd;\n', 401, false, 1],
  ])('that %s', async (_, text, status, ok, line) => {
    const directory = await projectWithHooks();
    write(directory, own, text);
    const document = await rehearse(directory, '--', ...app);
    expect(document.ok).toBe(ok);
    const [direct, through] = document.checks.filter(({ asker }) => asker === 'load balancer');
    expect(direct).toMatchObject({ via: 'app', status: 200, changedBy: null });
    expect(through).toMatchObject({
      via: 'proxy',
      status,
      changedBy: line === null ? null : { file: own, line },
    });
  });

  it('shows both answers, and the place that makes the difference', async () => {
    const directory = await projectWithHooks();
    write(directory, own, 'return 301 https://$host$request_uri;\n');
    const { stdout } = await run(directory, '--', ...app);
    expect(stdout).toMatch(/^load balancer {2}10\.0\.1\.5 +200 \/ 301 +unhealthy$/m);
    expect(stdout.replace(/\s+/g, ' ')).toContain(`${own}:1 changes it`);
  });

  it('is passed over where it answers the check itself', async () => {
    const directory = await projectWithHooks();
    write(directory, own, 'location = /health/ { return 200 "ok"; }\n');
    expect(await rehearse(directory, '--', ...answering('h === "10.0.1.5" ? 400 : 200'))).toMatchObject({
      ok: true,
    });
  });

  it('makes no promise where nginx refuses it, or Apache would read it', async () => {
    const directory = await projectWithHooks();
    write(directory, own, 'no_such_directive on;\n');
    write(directory, '.platform/httpd/conf.d/own.conf', 'LogLevel info\n');
    const { status, stdout } = await run(directory, '--', ...app);
    expect(status).toBe(0);
    expect(stdout).toContain(`not exercised: ${own}:1:`);
    expect(stdout).toContain('not exercised: .platform/httpd/conf.d/own.conf');
    expect(stdout).not.toContain('would pass');
  });
});

describeWithDjango(['git', 'curl'], 'rehearse with Django itself', (python) => {
  const gunicorn = `${python} -m gunicorn --workers 1 --bind 127.0.0.1:$PORT mysite.wsgi`;

  it('400 before init, 200 after, the site and a stranger as they were', async () => {
    const directory = await project();
    const command = ['--property', 'SECRET_KEY=x', '--', gunicorn];
    const before = await rehearse(directory, ...command);
    expect(answers(before)).toEqual([
      ['load balancer', '10.0.1.5', 400],
      ['your site', 'example.com', 200],
      ['your site', 'www.example.com', 200],
      ['foreign host', 'somebody-else.example.net', 400],
    ]);
    expect(before.checks[0]?.fix).toContain('eb-hosts init');
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

it.each([
  ['docker', 'needs docker, which is not in PATH'],
  ['other', '--docker is for Docker and Compose bundles'],
])('rehearse --docker on platform %s without docker says what is missing', async (platform, words) => {
  const argv = ['rehearse', '--docker', '--platform', platform];
  const world = { cwd: await projectWithHooks(), env: { PATH: '/nonexistent' } };
  const { status, stdout, stderr } = await runMain(argv, world);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toContain(words);
});

describe('wrong usage of rehearse', () => {
  it.each([
    [['--'], 'the command after -- is missing'],
    [['--property', 'A'], '--property takes NAME=VALUE'],
    [['--platform', 'windows'], 'Allowed choices are python, docker,'],
    [['--imds', 'gone'], 'Allowed choices are up, down.'],
    [['--docker', '--', 'gunicorn'], 'leave out -- COMMAND'],
    [['stray'], 'too many arguments'],
  ])('%j', async (argv, message) => {
    const { status, stdout, stderr } = await runMain(['rehearse', ...argv]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});
