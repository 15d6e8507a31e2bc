import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'vitest';
import { type Child, startChild } from '../../src/instance/child.ts';
import { createScratch, findFreePort } from '../../src/instance/scratch.ts';
import { type Need, unmet } from '../support/needs.ts';
import { pythonWith } from '../support/python.ts';

const djangoPython = pythonWith('django', 'gunicorn');

/** `describe`, skipped with its reason where there is no such Python, or another need is not met. */
export function describeWithDjango(
  needs: readonly Need[],
  title: string,
  body: (python: string) => void,
): void {
  const reason =
    unmet(needs) ?? (djangoPython === undefined ? 'needs a python3 with Django and gunicorn' : null);
  if (reason !== null || djangoPython === undefined) {
    describe.skip(`${title} (skipped: ${reason})`, () => body(''));
  } else {
    describe(title, () => body(djangoPython));
  }
}

export interface Server {
  readonly port: number;
  stop(): Promise<void>;
}

/** Serves `module:application` from `directory` by gunicorn on a port of its own choice. */
export async function startGunicorn(
  python: string,
  directory: string,
  module: string,
  env: Readonly<Record<string, string>>,
  ...extra: readonly string[]
): Promise<Server> {
  const child = startChild({
    command: python,
    args: ['-m', 'gunicorn', '--bind', '127.0.0.1:0', '--workers', '1', '--threads', '2', ...extra, module],
    cwd: directory,
    env: { PATH: process.env.PATH ?? '', PYTHONDONTWRITEBYTECODE: '1', ...env },
  });
  const port = await waitFor(
    child,
    () => /Listening at: https?:\/\/127\.0\.0\.1:(\d+)/.exec(child.output())?.[1],
  );
  return { port: Number(port), stop: () => child.stop() };
}

/** Starts nginx with this `server` body; `PORT` in it is replaced by a free port. */
export async function startNginx(serverBody: string): Promise<Server> {
  for (let attempt = 1; ; attempt++) {
    const port = await findFreePort();
    const scratch = createScratch('nginx');
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((name) => `${name}_temp_path ${scratch.path}/${name};`)
      .join(' ');
    const server = serverBody.replaceAll('PORT', String(port)).replaceAll('SCRATCH', scratch.path);
    writeFileSync(
      join(scratch.path, 'nginx.conf'),
      `daemon off; worker_processes 1; pid ${scratch.path}/pid; error_log stderr info;
       events {} http { access_log off; ${paths} server { ${server} } }`,
    );
    spawnSync('openssl', [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '1',
      ],
      ...['-subj', '/CN=test', '-keyout', `${scratch.path}/key.pem`, '-out', `${scratch.path}/cert.pem`],
    ]);
    const child = startChild({
      command: 'nginx',
      args: ['-p', scratch.path, '-e', 'stderr', '-c', 'nginx.conf'],
      cwd: scratch.path,
      env: { PATH: `${process.env.PATH ?? ''}:/usr/sbin` },
    });
    try {
      await waitFor(child, () => (/start worker process \d+/.test(child.output()) ? true : undefined));
    } catch (error) {
      scratch.remove();
      // Somebody else may have taken the port in the meantime.
      if (attempt < 5 && /Address already in use/.test(String(error))) continue;
      throw error;
    }
    const stop = async () => {
      await child.stop();
      scratch.remove();
    };
    return { port, stop };
  }
}

async function waitFor<T>(child: Child, look: () => T | undefined): Promise<T> {
  let gone = false;
  void child.ended.then(() => {
    gone = true;
  });
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    if (gone) throw new Error(`the server ended: ${child.output()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
