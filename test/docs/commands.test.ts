// Every command line of eb-hosts in README and docs is run. The rules for the pages:
// - It stands in a fenced block (`sh`, `console` or without a language), behind `run:` in a `yaml` block, or between
//   backticks, and begins with `eb-hosts VERB` or `npx eb-hosts VERB` (`cd shop && …` before it is fine).
// - It is run in a Django project in git that has the hooks; `init` in one that has not. What asks gets a yes.
// - It ends with status 0, or with that of a comment behind it (`# exits 1 …`).
// - A reader's own values are written as in `placeholders`.
import { cpSync, mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-root.ts';
import { beanstalkVariables } from '../support/beanstalk-cli.ts';
import { startBeanstalk } from '../support/beanstalk-server.ts';
import { newEnvironment } from '../support/beanstalk-world.ts';
import { scratchProject } from '../support/command-line.ts';
import { describeWith, unmet } from '../support/needs.ts';
import { pythonWith } from '../support/python.ts';
import { git, writeTree } from '../support/scratch.ts';
import { codeLines, codeSpans, type Page, userPages } from './pages.ts';

const placeholders: Readonly<Record<string, string>> = {
  '--var NAME': '--var DJANGO_ALLOWED_HOSTS',
  '--environment NAME': '--environment shop-prod',
  '--application NAME': '--application shop',
  '--health-check-path PATH': '--health-check-path /health/',
  'set PATH': 'set /health/',
  '--hosts LIST': '--hosts example.com',
  '--bundle FILE.zip': '--bundle app.zip',
  '-- COMMAND': "-- 'gunicorn mysite.wsgi --bind 127.0.0.1:$PORT'",
};
const invocation = /^(?:.*&& )?(?:npx (?:-\S+ )*)?eb-hosts(?:@\S+)? (?=[a-z-])/;

/** The command lines of a page, with the comments that name a status. */
function commandsOf(page: Page): string[] {
  const lines = [
    ...codeLines(page, 'sh', 'console', ''),
    ...codeLines(page, 'yaml').flatMap((line) => /\brun: (.*)/.exec(line)?.[1] ?? []),
    ...codeSpans(page),
  ];
  return lines
    .map((line) => line.trim().replace(/^\$ |\s+#(?!.*\bexits \d).*$/g, ''))
    .filter((line) => invocation.test(line));
}

/** The line as it is run: placeholders filled in, the addresses of `probe` led to `target`, their Host kept. */
function filledIn(line: string, target: string): string {
  // These alone name a command.
  let filled = /eb-hosts (?:probe|health-check)$/.test(line) ? `${line} --help` : line;
  for (const [from, to] of Object.entries(placeholders)) filled = filled.replaceAll(from, to);
  return filled.replace(/(\sprobe .*?)http:\/\/([^\s/]+)(\S*)(.*)$/, (_, before, host, path, rest) => {
    const header = rest.includes('--host ') ? '' : ` --host ${host}`;
    return `${before}http://${target}${path}${rest}${header}`;
  });
}

/** Stands for an installed eb-hosts, and says yes where a command would ask. */
const ebHosts = `#!/bin/sh
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

const lines = [...new Set(userPages.flatMap(commandsOf))];
const shared = scratchProject({}, { git: false });
const pristine = shared.path('pristine');
const initialized = shared.path('initialized');
/** An app that knows the host names of the pages, and the address. */
const app = createServer(({ headers }, response) => {
  const known = /^(?:(?:example\.com|localhost|10\.0\.1\.5)(?::\d+)?)$/.test(headers.host ?? '');
  response.writeHead(known ? 200 : 400).end();
});

describeWith(['git', 'curl'], 'every command in the pages', () => {
  beforeAll(async () => {
    await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
    writeTree(shared.path('bin'), { 'eb-hosts*': ebHosts, 'npx*': npx });
    cpSync(join(packageRoot, 'test/fixtures/project'), pristine, { recursive: true });
    const secret = 'option_settings:\n  aws:elasticbeanstalk:application:environment:\n    SECRET_KEY: x\n';
    writeTree(pristine, { '.ebextensions/secret.config': secret });
    git(pristine, 'init', '--quiet');
    commit(pristine);
    cpSync(pristine, initialized, { recursive: true });
    await run('eb-hosts init --health-check-path /health/', initialized);
    commit(initialized);
    git(initialized, 'archive', '--format=zip', '--output=app.zip', 'HEAD');
  });
  afterAll(() => {
    app.close();
    shared.remove();
  });

  it('is found: each verb at least once, the same in both languages of README', () => {
    for (const verb of ['init', 'remove', 'doctor', 'rehearse', 'probe', 'health-check'])
      expect(lines.some((line) => line.includes(`eb-hosts ${verb}`))).toBe(true);
    const [english, korean] = ['README.md', 'README.ko.md'].map((path) => [
      ...new Set(userPages.filter((page) => page.path === path).flatMap(commandsOf)),
    ]);
    expect(korean).toEqual(english);
  });

  for (const text of lines) {
    const needsDjango = / -- .*gunicorn/.test(text) && (unmet(['gunicorn']) ?? !pythonWith('django'));
    (needsDjango ? it.skip : it.concurrent)(text, { timeout: 120_000 }, async () => {
      const [line = '', status = '0'] = text.split(/\s+#.*\bexits (\d).*/);
      const directory = join(mkdtempSync(shared.path('run-')), 'project');
      cpSync(/eb-hosts init(?! --check)/.test(line) ? pristine : initialized, directory, { recursive: true });
      const target = `127.0.0.1:${(app.address() as AddressInfo).port}`;
      const { exitCode, all } = await run(filledIn(line, target), directory);
      expect(exitCode, all).toBe(Number(status));
    });
  }
});

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
  const home = mkdtempSync(shared.path('home-'));
  const result = await execa('sh', ['-euc', line], {
    cwd,
    env: {
      ...beanstalkVariables(beanstalk.url, home),
      PATH: `${shared.path('bin')}:${process.env.PATH}`,
      NO_COLOR: '1',
    },
    extendEnv: false,
    reject: false,
    all: true,
    stdin: 'ignore',
  });
  await beanstalk.close();
  return result;
}
