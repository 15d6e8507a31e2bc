import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import { confighookPath, hookPath, verifierConfighookPath, verifierPath } from '../../src/generated-paths.ts';
import { deliveries, onFailures } from '../../src/hooks/choices.ts';
import { roles, separators } from '../../src/project/project.ts';
import { renderedFiles } from '../support/hook.ts';
import { describeWith } from '../support/needs.ts';

const combinations = deliveries.flatMap((delivery) =>
  separators.flatMap((separator) =>
    roles.flatMap((role) =>
      [[], ['shop.example.com', 'www.example.com']].flatMap((hosts) =>
        [false, true].flatMap((ipv6) =>
          onFailures.map((onFailure) => ({ delivery, separator, role, hosts, ipv6, onFailure })),
        ),
      ),
    ),
  ),
);
const rendered = combinations.map((choices) => ({
  choices,
  files: renderedFiles({ ...choices, verify: 'fail', matcher: '200-399,401' }),
}));
const textAt = (files: (typeof rendered)[number]['files'], path: string) =>
  files.find((file) => file.path === path)?.text ?? '';
const linesOf = (text: string) => text.trimEnd().split('\n');

describe('every combination of choices', () => {
  it('is small enough to be read', () => {
    for (const { choices, files } of rendered) {
      const isUsual =
        choices.delivery === 'systemd' &&
        choices.separator === 'comma' &&
        choices.role === 'whole-list' &&
        !choices.ipv6;
      expect(linesOf(textAt(files, hookPath)).length, JSON.stringify(choices)).toBeLessThanOrEqual(
        isUsual ? 130 : 140,
      );
      expect(linesOf(textAt(files, verifierPath)).length).toBeLessThanOrEqual(50);
      for (const path of [confighookPath, verifierConfighookPath]) {
        expect(linesOf(textAt(files, path)).length).toBeLessThanOrEqual(5);
      }
      for (const { text } of files)
        for (const line of linesOf(text)) expect(line.length, line).toBeLessThanOrEqual(100);
    }
  });

  it('leaves no placeholder, has one line to lead it elsewhere, and says nothing of other deliveries', () => {
    for (const { choices, files } of rendered) {
      const hook = textAt(files, hookPath);
      expect(hook).not.toMatch(/@\w+@/);
      expect(hook.match(/^root=''$/gm)).toHaveLength(1);
      expect(hook.match(/^imds='http:\/\/169\.254\.169\.254'$/gm)).toHaveLength(1);
      if (choices.delivery === 'systemd') expect(hook).not.toMatch(/docker-compose|\.env\b(?!")/);
      else expect(hook).not.toContain('[Service]');
      if (choices.separator !== 'json') expect(hook).not.toMatch(/JSON|array/);
    }
  });

  // A name that the hook reads and does not set would be an environment property that steers it.
  it('reads no variable but its own list and what it set before', () => {
    for (const { files } of rendered) {
      for (const path of [hookPath, verifierPath]) {
        const code = linesOf(textAt(files, path))
          .filter((line) => !/^\s*#/.test(line))
          .map((line) => line.replace(/\s#.*|\\\$|'[^']*'/g, ''))
          .join('\n');
        const set = new Set(['ALLOWED_HOSTS', 'IFS']);
        const assignments = /(?:^|[\s;&({])(?:export )?(\w+)=|\bfor (\w+) in|\bread -r (\w+)/gm;
        for (const [, ...names] of code.matchAll(assignments))
          for (const name of names) if (name) set.add(name);
        const read = [...code.matchAll(/\$\{?([A-Za-z_]\w*)/g)].map(([, name = '']) => name);
        expect(read.filter((name) => !set.has(name))).toEqual([]);
      }
    }
  });
});

describeWith(['shellcheck', 'shfmt'], 'the linters', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'eb-hosts-lint-'));
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  it('find nothing, and need no exception', async () => {
    // Every part at least once, in every delivery and separator.
    const some = rendered.filter((_, index) => index % 9 === 0);
    const texts = new Set(some.flatMap(({ files }) => files.map(({ text }) => text)));
    const files = [...texts].flatMap((text, index) => {
      if (!text.startsWith('#!')) return [];
      expect(text).not.toContain('shellcheck');
      const file = join(scratch, `${index}.sh`);
      writeFileSync(file, text);
      return file;
    });
    await execa('shellcheck', files);
    await execa('shfmt', ['-d', '-i', '2', '-ci', ...files]);
  }, 120_000);
});
