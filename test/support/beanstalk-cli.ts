import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import type { Pace } from '../../src/beanstalk/connection.ts';
import { asUserError, createProgram } from '../../src/cli.ts';
import { healthCheckCommand } from '../../src/commands/health-check.ts';
import { type ExitStatus, UserError } from '../../src/errors.ts';
import type { Io } from '../../src/io.ts';
import { type BeanstalkServer, startBeanstalk } from './beanstalk-server.ts';
import type { FakeEnvironment } from './beanstalk-world.ts';
import { checkDocument } from './schemas.ts';

/** Fast enough for tests, slow enough for a busy machine to answer in time. */
export const quickPace: Pace = { pollMs: 15, attemptMs: 10_000 };

export const secret = 'hunter2-is-secret';

/** What a run printed, and how it ended. */
export interface Run {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The failure that `main` would put into words. */
  readonly error: UserError | undefined;
}

/** The variables that lead the SDK (and the AWS CLI) to the server, and to nothing of this machine. */
export function beanstalkVariables(url: string, home: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_ELASTIC_BEANSTALK: url,
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY',
    AWS_REGION: 'eu-west-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    HOME: home,
    AWS_CONFIG_FILE: join(home, '.aws', 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(home, '.aws', 'credentials'),
  };
}

/** A server and a scratch directory for each test of a file, and `health-check` run against them. */
export function useBeanstalk() {
  const tools = {
    server: undefined as unknown as BeanstalkServer,
    directory: '',
    /** Starts the server with these environments. */
    async start(...environments: FakeEnvironment[]): Promise<BeanstalkServer> {
      tools.server = await startBeanstalk(...environments);
      for (const [name, value] of Object.entries(beanstalkVariables(tools.server.url, tools.directory))) {
        vi.stubEnv(name, value);
      }
      return tools.server;
    },
    async run(argv: readonly string[], world: Partial<Io> & { pace?: Pace } = {}): Promise<Run> {
      const written = { stdout: '', stderr: '' };
      const output = (name: 'stdout' | 'stderr') => ({
        write: (text: string) => {
          written[name] += text;
        },
        isTTY: false,
        columns: 80,
      });
      const { pace = quickPace, ...own } = world;
      const io: Io = {
        stdout: output('stdout'),
        stderr: output('stderr'),
        interactive: false,
        env: process.env,
        cwd: tools.directory,
        signal: new AbortController().signal,
        ...own,
      };
      let status: ExitStatus = 0;
      const end = (ended: ExitStatus) => {
        status = ended;
      };
      const program = createProgram(io, [healthCheckCommand({ io, trailing: null, end }, pace)]);
      return program.parseAsync(['health-check', ...argv], { from: 'user' }).then(
        () => {
          checkDocument(argv, written.stdout);
          return { status, ...written, error: undefined };
        },
        (thrown) => {
          const error = asUserError(thrown);
          if (!(error instanceof UserError)) throw error;
          return { status: error.status, ...written, error };
        },
      );
    },
  };

  beforeEach(() => {
    tools.directory = mkdtempSync(join(tmpdir(), 'eb-hosts-beanstalk-'));
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    rmSync(tools.directory, { recursive: true, force: true });
    await tools.server?.close();
    expect(tools.server?.violations ?? []).toEqual([]);
  });
  return tools;
}
