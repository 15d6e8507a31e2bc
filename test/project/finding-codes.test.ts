import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findingCodes } from '../../src/finding-codes.ts';

const documented = [...readFileSync('docs/findings.md', 'utf8').matchAll(/^### `([a-z0-9-]+)`$/gm)].map(
  ([, code]) => code,
);
const source = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && name !== 'finding-codes.ts')
  .map((name) => readFileSync(join('src', name), 'utf8'))
  .join('\n');

// That every code in use is in the catalogue, the compiler sees: `Finding.code` takes no other.
describe('every code of a finding', () => {
  it('is described in docs/findings.md once, and nothing else is', () => {
    expect(documented.toSorted()).toEqual([...findingCodes].toSorted());
    expect(new Set(findingCodes).size).toBe(findingCodes.length);
  });

  it('is found by something', () => {
    expect(findingCodes.filter((code) => !source.includes(`'${code}'`))).toEqual([]);
  });
});
