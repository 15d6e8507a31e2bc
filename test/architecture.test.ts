// How src is built: no file imports itself through others, arrows point one way, and it stays small.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

/** The most that src may hold. The goal is 120 files and 12,500 lines: lower these as it shrinks, never raise them. */
const limits = { files: 120, lines: 19_030 };

const read = (file: string) => readFileSync(join('src', file), 'utf8');
const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
);

/** What each file imports, types included: files below src, and the names of packages. */
const imports = new Map(
  files.map((file) => {
    const specifiers = [
      ...read(file).matchAll(/^(?:import|export)\b[^;]*?from '([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm),
    ];
    const resolved = specifiers.map(([, fixed, lazy]) => fixed ?? lazy ?? '');
    return [file, resolved.map((name) => (name.startsWith('.') ? join(dirname(file), name) : name))];
  }),
);

it('has no circle of imports', () => {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, path: readonly string[]) => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
    if (path.includes(file) || done.has(file)) return;
    for (const imported of imports.get(file) ?? []) visit(imported, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  expect(circles).toEqual([]);
});

/** What the files of a directory may not import. */
const forbidden: Readonly<Record<string, RegExp>> = {
  project:
    /^node:(?:fs|child_process|net|https?|timers)|^(?:commands|beanstalk|instance|hooks|output|repository)\//,
  hooks: /^node:(?:fs|child_process|net|https?|timers)|^(?:commands|beanstalk|instance|output|repository)\//,
  output: /^node:(?:fs|child_process|net|https?|timers)|^commands\//,
  repository: /^(?:commands|beanstalk|instance|hooks|output)\//,
  beanstalk: /^(?:commands|instance|output)\//,
  instance: /^(?:commands|beanstalk|output)\//,
};

it('has arrows that point one way', () => {
  const found = files.flatMap((file) => {
    const pattern = forbidden[file.split('/')[0] ?? ''];
    const wrong = pattern === undefined ? [] : (imports.get(file) ?? []).filter((name) => pattern.test(name));
    return wrong.map((name) => `${file} -> ${name}`);
  });
  expect(found).toEqual([]);
});

it('stays small', () => {
  expect(files.length).toBeLessThanOrEqual(limits.files);
  const lines = files.reduce((sum, file) => sum + read(file).split('\n').length - 1, 0);
  expect(lines).toBeLessThanOrEqual(limits.lines);
});
