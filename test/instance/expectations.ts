import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, vi } from 'vitest';
import { describeWith, unmet } from '../support/needs.ts';
import type { Deployment, Machine } from './machine.ts';

const programs = ['root', 'systemd-nspawn', 'debootstrap', 'unshare', 'nsenter'];

// A deployment takes a second, and many times that where the machine has more to do.
vi.setConfig({ testTimeout: 120_000 });

/** `describe` for tests that boot a machine, skipped with its reason in the title where that is not possible. */
export function describeMachine(title: string, body: () => void): void {
  if (unmet(programs) === null && !mayMount())
    describe.skip(`${title} (skipped: no right to mount, or to make control groups)`, body);
  else describeWith(programs, title, body);
}

/** Root of an unprivileged container may not. */
function mayMount(): boolean {
  return spawnSync(join(import.meta.dirname, 'supervise.sh'), ['--possible']).status === 0;
}

/** Time for a `beforeAll` that may have to make the Debian root first. */
export const rootTime = 600_000;

/** The load balancer, or a visitor, is served at every one of these hosts. */
export async function expectServed(machine: Machine, ...hosts: string[]): Promise<void> {
  for (const host of hosts) {
    expect(await machine.check(host, '/health/'), `${host} is served`).toBe(200);
  }
}

export async function expectRefused(machine: Machine, ...hosts: string[]): Promise<void> {
  for (const host of hosts) {
    expect(await machine.check(host, '/health/'), `${host} is refused`).toBe(400);
  }
}

/** The deployment went through; its log is shown if not. */
export async function expectDone(deployment: Promise<Deployment>): Promise<Deployment> {
  const { ok, log } = await deployment;
  expect(ok, log).toBe(true);
  return { ok, log };
}
