import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, expect } from 'vitest';
import { createScratch, type Scratch } from '../../src/instance/scratch.ts';
import { scratchDirectory, writeTree } from '../support/scratch.ts';
import { type Ran, runMain } from './in-process.ts';

const fixture = join(import.meta.dirname, '../fixtures/project');
const standIn = join(import.meta.dirname, '../../scripts/demo-app.mjs');
export const app = [process.execPath, standIn];

export interface Document {
  ok: boolean;
  address: string;
  reached: boolean;
  value: string | null;
  trouble: string | null;
  steps: {
    command: string;
    phase: string;
    hook: string | null;
    ran: boolean;
    ok: boolean;
    output: string;
    note: string | null;
    changed: { path: string }[];
  }[];
  environmentFiles: { path: string; before: string | null; after: string | null }[];
  checks: {
    asker: string;
    host: string;
    via: string;
    status: number | null;
    verdict: string;
    fix: string | null;
    changedBy: { file: string; line: number } | null;
  }[];
  notExercised: string[];
}

/** The fixture in a scratch directory, a git repository of its own. */
export async function project(): Promise<string> {
  const directory = scratchDirectory();
  cpSync(fixture, directory, { recursive: true });
  await execa('git', ['init', '--quiet'], { cwd: directory });
  return directory;
}

const initialized = new Map<string, Promise<Scratch>>();
afterAll(async () => {
  for (const scratch of initialized.values()) (await scratch).remove();
});

/** The fixture after `init`. */
export async function projectWithHooks(delivery = 'systemd'): Promise<string> {
  const scratch = initialized.get(delivery) ?? initialize(delivery);
  initialized.set(delivery, scratch);
  const directory = scratchDirectory();
  cpSync((await scratch).path, directory, { recursive: true });
  return directory;
}

async function initialize(delivery: string): Promise<Scratch> {
  const scratch = createScratch('test');
  cpSync(await project(), scratch.path, { recursive: true });
  const argv = ['init', '--yes', '--delivery', delivery, '--health-check-path', '/health/'];
  const { status } = await runMain(argv, { cwd: scratch.path });
  // The fixture is for the Python platform, which `init` says where another delivery is wanted.
  expect(status).toBeLessThan(2);
  return scratch;
}

export function run(cwd: string, ...argv: string[]): Promise<Ran> {
  const env = { PATH: process.env.PATH, ALLOWED_HOSTS: 'of.my.shell', MY_SHELL: 'leaked' };
  return runMain(['rehearse', ...argv], { cwd, env });
}

export async function rehearse(cwd: string, ...argv: string[]): Promise<Document> {
  const { status, stdout } = await run(cwd, '--json', ...argv);
  const document = JSON.parse(stdout) as Document;
  expect(status).toBe(document.ok ? 0 : 1);
  return document;
}

export const write = (directory: string, path: string, text: string) =>
  writeTree(directory, { [path]: text });

/** Who asked the app itself, and what it answered. */
export const answers = ({ checks }: Document) =>
  checks.filter(({ via }) => via === 'app').map(({ asker, host, status }) => [asker, host, status]);
export const outputOf = ({ steps }: Document) => steps.map(({ output }) => output).join('');
