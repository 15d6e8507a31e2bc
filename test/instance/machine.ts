import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bootContainer, type Container, type Image, type Outcome } from './container.ts';
import type { Engine, MetadataFault, Properties } from './engine.ts';

export interface Deployment {
  readonly ok: boolean;
  /** What the engine and the hooks printed. */
  readonly log: string;
}

/** An EC2 instance of an Elastic Beanstalk environment. */
export interface Machine {
  readonly address: string;
  /** Deploys this directory as a new version; without one, the last again. Properties stay until others are given. */
  deploy(change?: { bundle?: string; properties?: Properties; engine?: Engine }): Promise<Deployment>;
  /** A configuration update: confighooks run, the same version is staged again. */
  updateConfiguration(properties: Properties): Promise<Deployment>;
  restartAppServer(): Promise<Deployment>;
  /** Asks as the load balancer does, again while nothing answers yet, and says the status; 0: never an answer. */
  check(host: string, path?: string): Promise<number>;
  /** Breaks the metadata service, or mends it. */
  breakMetadata(fault: MetadataFault | undefined): Promise<void>;
  /** Another instance of the same environment, with the same version, launched by scale-out. `baked`: from an
   * image of this one instead of the platform's. */
  launchCopy(launch: { address: string; baked?: boolean }): Promise<{ machine: Machine; launch: Deployment }>;
  /** A shell script, as root or as the app's user. */
  exec(script: string, user?: 'root' | 'webapp'): Promise<Outcome>;
  /** The text of a file of the machine; undefined if there is none. */
  read(path: string): Promise<string | undefined>;
  reboot(): Promise<void>;
  close(): Promise<void>;
}

export interface MachineOptions {
  readonly address?: string;
  readonly address6?: string;
  readonly engine?: Engine;
  readonly properties?: Properties;
}

/** Boots an instance nothing has been deployed to. Everything of it is gone after `close`, or when this process ends. */
export async function bootMachine(options: MachineOptions = {}): Promise<Machine> {
  const { address = '10.0.1.5', engine = { platform: 'python' }, properties = {} } = options;
  const addresses = options.address6 === undefined ? address : `${address} ${options.address6}`;
  return instance(await bootContainer(addresses), { address, engine, properties, bundle: undefined });
}

interface State {
  readonly address: string;
  engine: Engine;
  properties: Properties;
  bundle: string | undefined;
}

function instance(container: Container, state: State): Machine {
  const { address } = state;
  return {
    address,
    deploy: (change = {}) => deployChange(container, state, 'app-deploy', change),
    updateConfiguration: (properties) => deployChange(container, state, 'config-deploy', { properties }),
    restartAppServer: () => runEngine(container, state, 'restart-app-server'),
    check: (host, path = '/') => ask(container, state, host, path),
    async breakMetadata(fault) {
      const path = join(await container.root(), 'etc/machine/metadata.json');
      if (fault) await writeFile(path, JSON.stringify(fault));
      else await rm(path, { force: true });
      await container.exec('systemctl restart metadata.service');
    },
    async launchCopy({ address: other, baked = false }) {
      const image = baked ? await container.image() : undefined;
      try {
        return await launch(other, state, image);
      } finally {
        await image?.remove();
      }
    },
    exec: (script, user = 'root') =>
      container.exec(
        user === 'root'
          ? script
          : `setpriv --reuid webapp --regid webapp --clear-groups sh -c ${quote(script)}`,
      ),
    async read(path) {
      // The dot keeps line breaks at the end.
      const { status, stdout } = await container.exec(`cat -- ${quote(path)} && printf .`);
      return status === 0 ? stdout.slice(0, -1) : undefined;
    },
    reboot: () => container.reboot(),
    close: () => container.close(),
  };
}

/** As in Elastic Beanstalk, the environment stays what it was when the deployment of a change fails. */
async function deployChange(
  container: Container,
  state: State,
  command: string,
  change: Partial<State>,
): Promise<Deployment> {
  const next = { ...state, ...change };
  if (next.bundle !== undefined) await uploadBundle(container, next.bundle);
  const deployment = await runEngine(container, next, command);
  if (deployment.ok) Object.assign(state, next);
  return deployment;
}

async function launch(address: string, original: State, image: Image | undefined) {
  const container = await bootContainer(address, image);
  const state = { ...original, address };
  try {
    const deployment = await deployChange(container, state, 'self-startup', {});
    return { machine: instance(container, state), launch: deployment };
  } catch (error) {
    await container.close();
    throw error;
  }
}

async function uploadBundle(container: Container, bundle: string): Promise<void> {
  const root = await container.root();
  const deployment = '/opt/elasticbeanstalk/deployment';
  await rm(join(root, deployment, 'upload'), { recursive: true, force: true });
  await mkdir(join(root, deployment), { recursive: true });
  await cp(bundle, join(root, deployment, 'upload'), { recursive: true, verbatimSymlinks: true });
  const zip = 'rm -f ../new.zip && zip -q -r -y ../new.zip . && mv ../new.zip ../app_source_bundle';
  const { status, output } = await container.exec(`cd ${deployment}/upload && ${zip}`);
  if (status !== 0) throw new Error(`the bundle was not uploaded: ${output}`);
}

async function runEngine(container: Container, state: State, command: string): Promise<Deployment> {
  const directory = join(await container.root(), 'opt/elasticbeanstalk/config/private');
  await mkdir(directory, { recursive: true });
  const told = { ...state.engine, properties: state.properties };
  await writeFile(join(directory, 'engine.json'), JSON.stringify(told));
  const { status, output } = await container.exec(`python3 /usr/local/lib/machine/engine.py ${command}`);
  return { ok: status === 0, log: output };
}

async function ask(
  container: Container,
  { address, engine }: State,
  host: string,
  path: string,
): Promise<number> {
  const port = engine.proxy === 'none' ? 8000 : 80;
  const headers = `-H ${quote(`Host: ${host}`)} -H 'Connection: close' -A ELB-HealthChecker/2.0`;
  const url = quote(`http://${address}:${port}${path}`);
  for (let tries = 0; tries < 200; tries += 1) {
    const { stdout } = await container.exec(
      `curl -q -s -o /dev/null -m 5 -w '%{http_code}' ${headers} ${url}`,
    );
    const status = Number(stdout);
    if (![0, 502, 503, 504].includes(status)) return status;
    await sleep(100);
  }
  return 0;
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
