import { appendFileSync, cpSync, mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Child, startChild } from '../../src/instance/child.ts';
import { findFreePort } from '../../src/instance/scratch.ts';
import { createScratch } from '../../src/instance/scratch.ts';
import { packageRoot } from '../../src/package-root.ts';
import { beanstalkVariables } from '../support/beanstalk-cli.ts';
import { startBeanstalk } from '../support/beanstalk-server.ts';
import { newEnvironment } from '../support/beanstalk-world.ts';
import { describeWith, unmet } from '../support/needs.ts';
import { pythonWith } from '../support/python.ts';
import { git, writeTree } from '../support/scratch.ts';
import { documentedCommands, filledIn } from './documented-commands.ts';
import { userPages } from './pages.ts';

const commands = documentedCommands(userPages);

/** Stands for an installed eb-hosts. It says yes where a command would ask. */
const ebHosts = `#!/bin/sh
printf '%s\\n' "$1" >>"$CALLS"
case " $* " in
  *' --yes '* | *' --dry-run '* | *' --check '* | *' --print '* | *' --help '*) ;;
  ' init '* | ' remove '* | ' health-check set '* | ' health-check unset '*) set -- "$@" --yes ;;
esac
exec '${process.execPath}' '${join(packageRoot, 'dist', 'bin.js')}' "$@"
`;

const npx = `#!/bin/sh
while :; do case $1 in -*) shift ;; *) break ;; esac done
case $1 in eb-hosts | eb-hosts@*) shift ;; *) exit 99 ;; esac
exec eb-hosts "$@"
`;

const shared = createScratch('pages');
const pristine = join(shared.path, 'pristine');
const initialized = join(shared.path, 'initialized');
let app: Child;
let target: string;

describeWith(['git', 'curl'], 'every command in the pages', () => {
  beforeAll(async () => {
    writeTree(join(shared.path, 'bin'), { 'eb-hosts*': ebHosts, 'npx*': npx });
    cpSync(join(packageRoot, 'test/fixtures/project'), pristine, { recursive: true });
    git(pristine, 'init', '--quiet');
    commit(pristine);
    await startApp();
    cpSync(pristine, initialized, { recursive: true });
    await run('eb-hosts init --health-check-path /health/', initialized);
    commit(initialized);
  });
  afterAll(async () => {
    await app?.stop();
    shared.remove();
  });

  it('is found: each verb at least once', () => {
    const verbs = new Set(commands.map(({ line }) => /eb-hosts(?:@\S+)? ([a-z-]+)/.exec(line)?.[1]));
    expect([...verbs]).toEqual(
      expect.arrayContaining(['init', 'remove', 'doctor', 'rehearse', 'probe', 'health-check']),
    );
  });

  it('is the same in both languages of README', () => {
    const [english, korean] = ['README.md', 'docs/README.ko.md'].map((path) =>
      documentedCommands(userPages.filter((page) => page.path === path)).map(({ line }) => line),
    );
    expect(korean).toEqual(english);
  });

  it('has no placeholder but those in the table', () => {
    expect(() => filledIn('eb-hosts init --var NAME', target)).not.toThrow();
    expect(() => filledIn('eb-hosts init --var VARIABLE', target)).toThrow('unknown placeholder VARIABLE');
    expect(() => filledIn('eb-hosts probe …', target)).toThrow('unknown placeholder …');
  });

  describe.concurrent('ends as the page says', () => {
    for (const { line, status, pages } of commands) {
      const reason = missingFor(line);
      const title = `${line} (${pages.join(', ')})${reason === null ? '' : ` (skipped: ${reason})`}`;
      it.skipIf(reason !== null)(title, { timeout: 120_000 }, async () => {
        const directory = join(mkdtempSync(join(shared.path, 'run-')), 'project');
        // What changes or reads the hooks starts from a project that has them; `init` itself makes them.
        const before = /eb-hosts init(?! --check)/.test(line) ? pristine : initialized;
        cpSync(before, directory, { recursive: true });
        const { exitCode, all, calls } = await run(filledIn(line, target), directory);
        expect({ exitCode, output: exitCode === status ? '' : all }).toEqual({
          exitCode: status,
          output: '',
        });
        expect(calls).toHaveLength(line.match(/eb-hosts(?:@\S+)? (?=[a-z-])/g)?.length ?? 0);
      });
    }
  });
});

/** A rehearsal that starts an app needs it. */
function missingFor(line: string): string | null {
  if (!/ -- .*gunicorn/.test(line)) return null;
  const without = unmet(['gunicorn']);
  return without ?? (pythonWith('django') === undefined ? 'needs a python3 with Django' : null);
}

/** The stand-in for Django's host check that the demo uses. */
async function startApp(): Promise<void> {
  const port = await findFreePort();
  target = `127.0.0.1:${port}`;
  app = startChild({
    command: process.execPath,
    args: [join(packageRoot, 'scripts/demo-app.mjs')],
    cwd: shared.path,
    env: { PORT: String(port), ALLOWED_HOSTS: 'example.com,localhost,10.0.1.5' },
  });
  await vi.waitFor(() => fetch(`http://${target}/`), { timeout: 20_000 });
}

function commit(directory: string): void {
  git(directory, 'add', '--all');
  git(directory, 'commit', '--quiet', '--message', 'all');
}

async function run(line: string, cwd: string) {
  // The environment of the fixture's config.yml, the one that the pages name, and one of another application.
  const beanstalk = await startBeanstalk(
    newEnvironment('mysite-production', 'application', 'mysite'),
    newEnvironment('shop-prod', 'application', 'mysite'),
    newEnvironment('blog-prod', 'application', 'shop'),
  );
  const home = mkdtempSync(join(shared.path, 'home-'));
  const calls = join(home, 'calls');
  appendFileSync(calls, '');
  const result = await execa('sh', ['-euc', line], {
    cwd,
    env: {
      ...beanstalkVariables(beanstalk.url, home),
      PATH: `${join(shared.path, 'bin')}:${process.env.PATH}`,
      CALLS: calls,
      NO_COLOR: '1',
    },
    extendEnv: false,
    reject: false,
    all: true,
    stdin: 'ignore',
  });
  await beanstalk.close();
  return { ...result, calls: readFileSync(calls, 'utf8').split('\n').filter(Boolean) };
}
