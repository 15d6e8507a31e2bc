import { accessSync, constants, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { packageRoot, packageVersion } from '../../src/package-root.ts';

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly needs?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes': number;
  readonly strategy?: { matrix: { node: readonly string[] } };
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const read = (path: string) => readFileSync(join(packageRoot, path), 'utf8');
const workflow = (name: string) => parse(read(`.github/workflows/${name}`)) as Workflow;
const manifest = JSON.parse(read('package.json')) as {
  scripts: Record<string, string>;
  engines: { node: string };
};

/** Commands that npm has of its own. */
const ownCommands = ['ci', 'publish'];

describe.each(['ci.yml', 'release.yml'])('%s', (name) => {
  const { permissions, jobs } = workflow(name);
  const steps = Object.values(jobs).flatMap((job) => job.steps);

  it('runs scripts that package.json has, and files that can be executed', () => {
    const commands = steps.flatMap(({ run }) => run?.split('&&').map((part) => part.trim()) ?? []);
    const npm = commands.flatMap((command) => /^npm (?:run )?(\S+)/.exec(command)?.[1] ?? []);
    expect(npm).toContain('ci');
    expect(npm.filter((script) => !ownCommands.includes(script) && !(script in manifest.scripts))).toEqual(
      [],
    );
    const files = commands.flatMap((command) => /(?:^|\s)(\.\w+\/\S+)/.exec(command)?.[1] ?? []);
    for (const file of files) accessSync(join(packageRoot, file), constants.X_OK);
  });

  it('pins every action by its commit, says which release that is, and leaves no credentials behind', () => {
    const uses = [...read(`.github/workflows/${name}`).matchAll(/uses: (.*)/g)].map(([, text]) => text);
    expect(uses.length).toBe(steps.filter((step) => step.uses !== undefined).length);
    expect(uses.filter((text) => !/^[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(text ?? ''))).toEqual([]);
    const checkouts = steps.filter((step) => step.uses?.startsWith('actions/checkout@'));
    expect(checkouts.map((step) => step.with?.['persist-credentials'])).toEqual(checkouts.map(() => false));
  });

  it('may read the repository and nothing else, unless a job says so; no job runs for ever', () => {
    expect(permissions).toEqual({ contents: 'read' });
    for (const job of Object.values(jobs)) expect(job['timeout-minutes']).toBeLessThanOrEqual(60);
  });
});

it('the tests run on the oldest Node that the package promises, and on newer ones', () => {
  const versions = workflow('ci.yml').jobs.test?.strategy?.matrix.node ?? [];
  expect(manifest.engines.node).toBe(`>=${versions[0]}`);
  expect(versions.slice(1)).toEqual(['22', '24']);
});

describe('a release', () => {
  const { on, jobs } = workflow('release.yml');
  const steps = jobs.verify?.steps ?? [];
  const position = (run: RegExp) => steps.findIndex((step) => run.test(step.run ?? ''));

  it('starts from a tag, with the right to sign its provenance', () => {
    expect(on).toEqual({ push: { tags: ['v*'] } });
    expect(jobs.publish?.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
    expect(jobs.verify?.permissions).toBeUndefined();
  });

  it('is tested first, without the right to publish; only the build runs with it', () => {
    expect(position(/^npm test$/)).toBeGreaterThan(position(/^npm ci$/));
    expect(jobs.publish?.needs).toBe('verify');
    expect(jobs.publish?.steps.flatMap(({ run }) => run ?? [])).toEqual([
      'npm ci --ignore-scripts',
      'npm run build',
      'npm publish --provenance --access public',
    ]);
  });

  it.each([
    [`v${packageVersion()}`, 0],
    [`v${packageVersion()}-rc.1`, 1],
    ['v', 1],
  ])('of the tag %s ends its check of the version with %i', async (tag, status) => {
    const check = steps[position(/GITHUB_REF_NAME/)]?.run ?? 'exit 99';
    const { exitCode } = await execa('bash', ['-e', '-o', 'pipefail', '-c', check], {
      cwd: packageRoot,
      env: { GITHUB_REF_NAME: tag },
      reject: false,
    });
    expect(exitCode).toBe(status);
  });
});

it('the changelog has an entry of this version', () => {
  expect(read('CHANGELOG.md')).toMatch(
    new RegExp(`^## \\[${packageVersion().replaceAll('.', '\\.')}\\] - \\d{4}-\\d{2}-\\d{2}$`, 'm'),
  );
});
