import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { packageRoot } from '../../src/package-root.ts';
import { djangoProject } from '../support/command-line.ts';
import { describeWith } from '../support/needs.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { runMain } from './in-process.ts';

const program = join(packageRoot, 'dist', 'bin.js');

/** What a terminal shows of a run. */
function shown(argv: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  const words = [process.execPath, program, ...argv].map((word) => `'${word}'`).join(' ');
  return execFileSync('script', ['-qc', words, '/dev/null'], {
    cwd: scratchDirectory(),
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: '/nonexistent', TERM: 'xterm', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  }).replaceAll('\r', '');
}

interface Dialog {
  /** All that the terminal was sent, without the sequences that move its cursor. */
  readonly text: string;
  readonly status: number | null;
  readonly cwd: string;
}

/** A run in a scratch project on a terminal, in which each question is answered by the next of `keys`. */
async function converse(
  files: Readonly<Record<string, string>>,
  argv: readonly string[],
  keys: readonly string[],
  columns = 80,
): Promise<Dialog> {
  const cwd = scratchDirectory();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, path)), { recursive: true });
    writeFileSync(join(cwd, path), text);
  }
  const words = [process.execPath, program, ...argv].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qec', `stty cols ${columns}; exec ${words}`, '/dev/null'], {
    cwd,
    env: { PATH: process.env.PATH, HOME: '/nonexistent', TERM: 'xterm', NO_COLOR: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let answered = 0;
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    // Each question begins with this mark, and ends with its own corner.
    const open = text.lastIndexOf('\u25c6') < text.lastIndexOf('\u2514');
    if (!open || text.split('\u25c6').length - 1 <= answered) return;
    for (const key of keys[answered] ?? '\u0003') child.stdin.write(key);
    answered += 1;
  });
  const status = await new Promise<number | null>((done) => child.on('close', done));
  return { text: stripVTControlCharacters(text).replaceAll('\r', ''), status, cwd };
}

const enter = '\r';
const down = '\u001b[B';

describeWith(['script'], 'a dialog', () => {
  it.each([80, 120])('of init on %i columns: every Enter is the sensible answer', async (columns) => {
    const { 'mysite/settings.py': settings = '', ...others } = djangoProject;
    const open = settings.replace(', "example.com,www.example.com"', ', ""');
    const dialog = await converse(
      { ...others, 'mysite/settings.py': open },
      ['init'],
      ['shop.example.com\r', enter, enter],
      columns,
    );
    expect(dialog.status).toBe(0);
    const order = [
      'hosts     ALLOWED_HOSTS by commas',
      'Which hosts does the site have?',
      'Which path does the load balancer ask for?',
      '+ .ebextensions/eb-hosts.config',
      'ALLOWED_HOSTS=shop.example.com,10.0.1.5',
      'Write these 5 files?',
      '\nnext:\n  eb-hosts rehearse\n  eb deploy\n',
      '\nthe same without questions:\n  npx eb-hosts init --var ALLOWED_HOSTS --separator comma --role whole-list',
    ];
    const places = order.map((words) => dialog.text.indexOf(words));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places[0]).toBeGreaterThan(-1);
    const ebextension = readFileSync(join(dialog.cwd, '.ebextensions/eb-hosts.config'), 'utf8');
    expect(ebextension).toContain('HealthCheckPath: "/health/"');
    const again = /without questions:\n {2}npx eb-hosts (.*)/.exec(dialog.text)?.[1]?.split(' ') ?? [];
    expect(await runMain(again, { cwd: dialog.cwd })).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('up to date'),
    });
  });

  it('asks for the platform where no file tells it', async () => {
    const dialog = await converse({ 'app.txt': '' }, ['init', '--hosts', 'a.com'], [down + enter, enter]);
    expect(dialog.status).toBe(0);
    const hook = readFileSync(join(dialog.cwd, '.platform/hooks/predeploy/10_eb_hosts.sh'), 'utf8');
    expect(hook).toContain('--delivery env-list');
  });

  it.each([
    ['Ctrl-C at the first question', ['\u0003']],
    ['Ctrl-C at the last', [enter, '\u0003']],
    ['no', [enter, 'n']],
    ['the end of the input', [enter, '\u0004']],
  ])('ends with 130 and writes nothing: %s', async (_, keys) => {
    const dialog = await converse(djangoProject, ['init'], keys);
    expect(dialog).toMatchObject({ status: 130, text: expect.stringContaining('nothing was changed') });
    expect(readdirSync(dialog.cwd).sort()).toEqual(
      [...new Set(Object.keys(djangoProject).map((path) => path.split('/')[0]))].sort(),
    );
  });
});

describeWith(['script'], 'a terminal', () => {
  it.each([
    [{}, true],
    [{ NO_COLOR: '1' }, false],
    [{ TERM: 'dumb' }, false],
    [{ NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  ])('is written to in colour with %j: %j', (env, coloured) => {
    for (const argv of [['inti'], ['init', '--role', 'x'], ['doctor'], ['probe', 'http://127.0.0.1:1/']]) {
      expect(shown(argv, env).includes('\u001b'), argv.join(' ')).toBe(coloured);
    }
  });
});
