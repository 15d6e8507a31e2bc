import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { instanceRoot, mountPoint } from './root.ts';

const here = import.meta.dirname;

/** What a command in the container did. `output` is stdout and stderr in the order they came. */
export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly output: string;
}

/** A booted Debian with its own network, processes and throw-away file system. */
export interface Container {
  /** Runs a shell script as root inside. Never rejects for its status. */
  exec(script: string): Promise<Outcome>;
  /** Where its files are seen from outside; another path after a reboot. */
  root(): Promise<string>;
  reboot(): Promise<void>;
  /** All that it changed in the Debian root, as an archive to boot others from: an image. */
  image(): Promise<Image>;
  close(): Promise<void>;
}

export interface Image {
  readonly archive: string;
  remove(): Promise<void>;
}

/** Boots a container at this address (an IPv4, or that and a blank and an IPv6) and waits until its units are up.
 * @throws Error with its console, if it does not come up */
export async function bootContainer(address: string, image?: Image): Promise<Container> {
  const [root, scratch] = await Promise.all([instanceRoot(), mountPoint()]);
  const name = `eb-hosts-${randomBytes(4).toString('hex')}`;
  const files = join(here, 'machine');
  const supervisor = spawn(
    join(here, 'supervise.sh'),
    [name, root, scratch, files, address, ...(image ? [image.archive] : [])],
    // Its own session: Ctrl-C ends the tests, the end of its input ends the machine.
    { stdio: ['pipe', 'pipe', 'pipe'], detached: true },
  );
  const ended = once(supervisor, 'exit');
  const log = collect(supervisor);
  const container: Container = {
    exec: async (script) => enter(await leader(supervisor, log), script),
    root: async () => `/proc/${await leader(supervisor, log)}/root`,
    reboot: async () => {
      const before = await leader(supervisor, log);
      await enter(before, 'systemctl --force reboot');
      while ((await findLeader(supervisor)) === before) await sleep(20);
      await untilBooted(supervisor, log);
    },
    image: () => takeImage(supervisor, scratch),
    close: async () => {
      supervisor.stdin.end();
      await ended;
    },
  };
  try {
    await untilBooted(supervisor, log);
  } catch (error) {
    await container.close();
    throw error;
  }
  return container;
}

function collect(child: ChildProcess): () => string {
  let text = '';
  const append = (chunk: Buffer) => {
    text = (text + chunk).slice(-20_000);
  };
  child.stdout?.on('data', append);
  child.stderr?.on('data', append);
  return () => text;
}

async function untilBooted(supervisor: ChildProcess, log: () => string): Promise<void> {
  const script = 'systemctl is-system-running --wait';
  const { stdout } = await enter(await leader(supervisor, log), script);
  const state = stdout.trim();
  if (state !== 'running') {
    const failed = await enter(await leader(supervisor, log), 'systemctl --failed --no-legend');
    throw new Error(`the machine is ${state}: ${failed.stdout}\n${log()}`);
  }
}

/** The container's process 1 as seen from here, as soon as systemd listens. */
async function leader(supervisor: ChildProcess, log: () => string): Promise<number> {
  for (let tries = 0; tries < 1500; tries += 1) {
    if ((supervisor.exitCode ?? supervisor.signalCode) !== null)
      throw new Error(`the machine ended: ${log()}`);
    const pid = await findLeader(supervisor);
    if (pid !== undefined) return pid;
    await sleep(20);
  }
  throw new Error(`the machine does not boot: ${log()}`);
}

/** The first systemd below the supervisor, which stands above unshare, itself again and systemd-nspawn. */
async function findLeader(supervisor: ChildProcess): Promise<number | undefined> {
  let generation = await childrenOf(supervisor.pid);
  while (generation.length > 0) {
    for (const pid of generation) if (await isSystemd(pid)) return pid;
    generation = (await Promise.all(generation.map(childrenOf))).flat();
  }
  return undefined;
}

/** Whether it is systemd, and listens. */
async function isSystemd(pid: number): Promise<boolean> {
  try {
    if ((await readFile(`/proc/${pid}/comm`, 'utf8')) !== 'systemd\n') return false;
    await access(`/proc/${pid}/root/run/systemd/private`);
    return true;
  } catch {
    return false;
  }
}

/** None if it has ended. */
async function childrenOf(pid: number | undefined): Promise<number[]> {
  try {
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return children.split(' ').slice(0, -1).map(Number);
  } catch {
    return [];
  }
}

async function enter(pid: number, script: string): Promise<Outcome> {
  const inside = ['--target', `${pid}`, '--mount', '--uts', '--ipc', '--net', '--pid', '--root', '--wd'];
  const clean = [
    'env',
    '-i',
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'HOME=/root',
  ];
  const command = [...inside, '--', ...clean, 'sh', '-c', script];
  const result = await execa('nsenter', command, { reject: false, all: true, stdin: 'ignore' });
  return { status: result.exitCode ?? 255, stdout: result.stdout, output: result.all };
}

async function takeImage(supervisor: ChildProcess, scratch: string): Promise<Image> {
  const directory = await mkdtemp(join(tmpdir(), 'eb-hosts-image-'));
  const archive = join(directory, 'image.tar');
  const [unshare] = await childrenOf(supervisor.pid);
  const [inner] = await childrenOf(unshare);
  const changes = ['--directory', join(scratch, 'changes'), '--xattrs', '--xattrs-include=*', '.'];
  await execa('nsenter', ['--target', `${inner}`, '--mount', 'tar', '--create', '--sparse', ...changes], {
    stdout: { file: archive },
  });
  return { archive, remove: () => rm(directory, { recursive: true, force: true }) };
}
