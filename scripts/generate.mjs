// Writes this repository's own .platform/ and .ebextensions/: the generator's default output, made in an empty directory.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const scratch = mkdtempSync(join(tmpdir(), 'eb-hosts-generate-'));
const choices = [
  '--var',
  'ALLOWED_HOSTS',
  '--separator',
  'comma',
  '--role',
  'whole-list',
  '--delivery',
  'systemd',
];
try {
  execFileSync(
    process.execPath,
    [
      'dist/bin.js',
      'init',
      '--yes',
      '--quiet',
      '--cwd',
      scratch,
      ...choices,
      '--health-check-path',
      '/health/',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  for (const directory of ['.platform', '.ebextensions']) {
    rmSync(directory, { recursive: true, force: true });
    cpSync(join(scratch, directory), directory, { recursive: true });
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
