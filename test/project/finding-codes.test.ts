import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findingCodes } from '../../src/finding-codes.ts';

const documented = [...readFileSync('docs/findings.md', 'utf8').matchAll(/^### `([a-z0-9-]+)`$/gm)].map(
  ([, code]) => code,
);
const source = (...folders: string[]) =>
  folders.flatMap((folder) =>
    readdirSync(join('src', folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join('src', folder, name), 'utf8')),
  );

describe('every code of a finding', () => {
  it('is described in docs/findings.md once, and nothing else is', () => {
    expect(documented.toSorted()).toEqual([...findingCodes].toSorted());
    expect(new Set(findingCodes).size).toBe(findingCodes.length);
  });

  it('is found by something', () => {
    const text = source('project', 'hooks', 'commands', 'beanstalk').join('\n');
    expect(findingCodes.filter((code) => !text.includes(`'${code}'`))).toEqual([]);
  });

  it('is in the catalogue', () => {
    const used = source('project', 'hooks').flatMap((text) => [...text.matchAll(/\bcode: '([a-z0-9-]+)'/g)]);
    expect(
      used.map(([, code]) => code).filter((code) => !findingCodes.some((known) => known === code)),
    ).toEqual([]);
  });
});
