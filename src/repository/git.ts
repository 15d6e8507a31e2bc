import { spawn, spawnSync } from 'node:child_process';

/** What a git process said: `status` is null if it could not be started or was killed. */
export interface GitAnswer {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
  /** `ENOENT` where there is no git. */
  readonly errorCode: string | undefined;
}

/** Variables that point git at another repository than the one around the directory: a git hook and `git rebase --exec`
 * set them (`git rev-parse --local-env-vars` lists them). Configuration passed by `GIT_CONFIG_*` is the user's wish and stays. */
const repositoryVariables = new Set([
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_COMMON_DIR',
  'GIT_DIR',
  'GIT_GRAFT_FILE',
  'GIT_IMPLICIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_INTERNAL_SUPER_PREFIX',
  'GIT_NAMESPACE',
  'GIT_OBJECT_DIRECTORY',
  'GIT_PREFIX',
  'GIT_SHALLOW_FILE',
  'GIT_WORK_TREE',
]);

function gitEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !repositoryVariables.has(name));
  // Messages are matched below; reading must not take the index lock beside the user's own git.
  return { ...Object.fromEntries(kept), LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0' };
}

// A file system monitor is a program of the repository's configuration: not ours to start.
const safely = ['--no-pager', '-c', 'core.fsmonitor=false'];

/** What to ask git, and how to read what it prints. */
export interface GitQuestion<T> {
  readonly args: readonly string[];
  /** Standard input; none unless given. */
  readonly input?: string;
  /** Whether standard error is read as well; without, there is a pipe less to set up. */
  readonly readsErrors?: boolean;
  read(answer: GitAnswer): T;
}

/** Asks in `directory` and waits; for what turns up late. */
export function askGit<T>(directory: string, { args, input = '', read }: GitQuestion<T>): T {
  const { status, stdout, stderr, error } = spawnSync('git', [...safely, ...args], {
    cwd: directory,
    env: gitEnvironment(),
    maxBuffer: 512 * 1024 * 1024,
    input,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  return read({
    status,
    stdout: stdout ?? Buffer.alloc(0),
    stderr: String(stderr ?? ''),
    errorCode: codeOf(error),
  });
}

/** Asks in `directory` without blocking. */
export function askGitAside<T>(directory: string, question: GitQuestion<T>): Promise<T> {
  const { args, input, readsErrors = false, read } = question;
  return new Promise((resolve) => {
    const child = spawn('git', [...safely, ...args], {
      cwd: directory,
      env: gitEnvironment(),
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', readsErrors ? 'pipe' : 'ignore'],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
    const answer = (status: number | null, errorCode?: string) =>
      resolve(read({ status, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString(), errorCode }));
    child.on('error', (error) => answer(null, codeOf(error)));
    child.on('close', (status) => answer(status));
    // A git that ends early says why by its status.
    child.stdin?.on('error', () => undefined).end(input);
  });
}

function codeOf(error: Error | undefined): string | undefined {
  return error !== undefined && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
