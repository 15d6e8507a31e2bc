import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { packageRoot } from '../../src/package-root.ts';
import { checkDocument } from './schemas.ts';

export interface CommandRun {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

const built = join(packageRoot, 'dist', 'bin.js');

/** Runs the built command line as a process, off a terminal. A JSON document is held against its schema. */
export function ebHosts(
  cwd: string,
  argv: readonly string[],
  options: { bin?: string; env?: Readonly<Record<string, string>>; killAfter?: number } = {},
): Promise<CommandRun> {
  const child = spawn(process.execPath, [options.bin ?? built, ...argv], {
    cwd,
    env: { PATH: process.env.PATH, HOME: cwd, NO_COLOR: '1', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const killer =
    options.killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), options.killAfter);
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (chunk: string) => {
      output[stream] += chunk;
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => {
      clearTimeout(killer);
      try {
        if (status !== null) checkDocument(argv, output.stdout);
        resolve({ status, signal, ...output });
      } catch (error) {
        reject(error);
      }
    });
  });
}

/** A project in a scratch directory, with or without git. */
export interface ScratchProject {
  readonly root: string;
  path(relativePath: string): string;
  write(relativePath: string, text: string, mode?: number): void;
  read(relativePath: string): string | undefined;
  git(...argv: string[]): string;
  commit(): void;
  /** Every file below the root, without `.git`: mode and content by path. */
  contents(): Record<string, string>;
  remove(): void;
}

export function scratchProject(
  files: Readonly<Record<string, string>> = {},
  options: { git?: boolean } = {},
): ScratchProject {
  const root = mkdtempSync(join(tmpdir(), 'eb-hosts-project-'));
  const path = (relativePath: string) => join(root, relativePath);
  const project: ScratchProject = {
    root,
    path,
    write: (relativePath, text, mode = 0o644) => {
      mkdirSync(dirname(path(relativePath)), { recursive: true });
      writeFileSync(path(relativePath), text);
      chmodSync(path(relativePath), mode);
    },
    read: (relativePath) =>
      existsSync(path(relativePath)) ? readFileSync(path(relativePath), 'utf8') : undefined,
    git: (...argv) =>
      execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.com', ...argv], {
        cwd: root,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    commit: () => {
      project.git('add', '--all');
      project.git('commit', '--quiet', '--message', 'all');
    },
    contents: () => Object.fromEntries(listFiles(root, root)),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
  for (const [file, text] of Object.entries(files)) project.write(file, text);
  if (options.git !== false) {
    project.git('init', '--quiet', '--initial-branch', 'main');
    if (Object.keys(files).length > 0) project.commit();
  }
  return project;
}

function listFiles(root: string, directory: string): [string, string][] {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.name !== '.git')
    .flatMap((entry): [string, string][] => {
      const file = join(directory, entry.name);
      if (entry.isDirectory()) return listFiles(root, file);
      const mode = (lstatSync(file).mode & 0o777).toString(8);
      return [[relative(root, file), entry.isFile() ? `${mode} ${readFileSync(file, 'latin1')}` : mode]];
    });
}

/** A Django project as the tutorial leaves it, its hosts in an environment variable. */
export const djangoProject: Readonly<Record<string, string>> = {
  'manage.py': `import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
`,
  'mysite/__init__.py': '',
  'mysite/settings.py': `import os
DEBUG = False
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "example.com,www.example.com").split(",")
ROOT_URLCONF = "mysite.urls"
`,
  'mysite/urls.py': `from django.urls import path
from . import views
urlpatterns = [path("health/", views.health)]
`,
  'mysite/wsgi.py': `import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
`,
  Procfile: 'web: gunicorn mysite.wsgi\n',
  'requirements.txt': 'django\ngunicorn\n',
};
