import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { writeFiles } from '../../src/repository/write-files.ts';
import { scratchDirectory, writeTree } from '../support/scratch.ts';
import { unprivileged } from '../support/unprivileged.ts';

describe('deleting below a directory that may not be changed', () => {
  it('leaves the directories that are not empty', async () => {
    const root = scratchDirectory();
    writeTree(root, { '.platform/hooks/ours.sh': '', '.platform/nginx/theirs.conf': '' });
    chmodSync(root, 0o555);
    onTestFinished(() => chmodSync(root, 0o755));
    const ours = { path: '.platform/hooks/ours.sh', text: null, mode: 0o755 };
    await unprivileged(root, () => writeFiles(root, [ours], new AbortController().signal));
    expect(existsSync(join(root, '.platform/hooks'))).toBe(false);
    expect(existsSync(join(root, '.platform/nginx/theirs.conf'))).toBe(true);
  });
});
