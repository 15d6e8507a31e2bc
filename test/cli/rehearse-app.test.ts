import { expect, it } from 'vitest';
import { describeWithDjango } from '../instance-emulation/servers.ts';
import { describeWith } from '../support/needs.ts';
import { runMain } from './in-process.ts';
import { answers, project, projectWithHooks, rehearse, run, standIn, write } from './rehearsing.ts';

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

  it('is not sent back to init where it was given the address and refuses it', async () => {
    const code =
      'http.createServer((q, r) => { r.statusCode = q.headers.host === "10.0.1.5" ? 400 : 200; r.end() }).listen(process.env.PORT)';
    const { checks, reached } = await rehearse(await projectWithHooks(), '--', process.execPath, '-e', code);
    expect(reached).toBe(true);
    expect(checks[0]?.fix).toMatch(/^ALLOWED_HOSTS holds 10\.0\.1\.5, .*'eb-hosts doctor'/);
  });

  it('is heard where its check fails', async () => {
    const code =
      'http.createServer((q, r) => { console.error("Traceback: " + q.headers.host); r.statusCode = 500; r.end() }).listen(process.env.PORT)';
    const { status, stdout } = await run(await projectWithHooks(), '--', process.execPath, '-e', code);
    expect(status).toBe(1);
    expect(stdout).toContain('the app printed last\n    Traceback: ');
    expect(stdout).toContain('    Traceback: 10.0.1.5\n');
  });

  it('that is not there is named, status 2', async () => {
    const { status, stdout } = await run(await projectWithHooks(), '--json', '--', 'no-such-server');
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'app-not-found' } });
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
