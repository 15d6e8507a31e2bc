import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bootContainer, type Container, type Outcome } from './container.ts';

/** An instance's platform engine: what `machine/usr/local/lib/machine/engine.py` is told by engine.json. */
export interface Engine {
  readonly platform: 'python' | 'docker' | 'compose' | 'ecs';
  /** `deleted`: the engine removes drop-ins below /usr/lib as well. */
  readonly dropIns?: 'deleted';
  readonly getConfig?: 'broken';
  /** Hooks run without the environment properties, as two users have reported. */
  readonly hooksLackProperties?: boolean;
}

export type Properties = Readonly<Record<string, string>>;

/** What is wrong with the metadata service: a fault of its next `times` requests, or an item it does not have; see
 * metadata.py. */
export type MetadataFault =
  | { readonly lacks: 'local-ipv4' | 'ipv6' }
  | {
      readonly fault: 'refused' | 'hang' | 'empty' | 'html' | 'shell' | '401' | '403' | '404' | '500' | '503';
      readonly times: number;
      /** `PUT`: where a token is asked for; `GET`: where an item is. */
      readonly on: 'PUT' | 'GET' | 'any';
    };

export interface Deployment {
  readonly ok: boolean;
  /** What the engine and the hooks printed. */
  readonly log: string;
}

/** An EC2 instance of an Elastic Beanstalk environment. */
export interface Machine {
  readonly address: string;
  readonly address6: string;
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
  /** Where its files are seen from outside; another path after a reboot. */
  root(): Promise<string>;
  reboot(): Promise<void>;
  close(): Promise<void>;
}

interface State {
  readonly address: string;
  engine: Engine;
  properties: Properties;
  bundle: string | undefined;
}

const address6 = 'fd00:10::5';

/** Boots an instance nothing has been deployed to. Everything of it is gone after `close`, or when this process ends. */
export async function bootMachine(address = '10.0.1.5'): Promise<Machine> {
  const container = await bootContainer(`${address} ${address6}`);
  return instance(container, { address, engine: { platform: 'python' }, properties: {}, bundle: undefined });
}

function instance(container: Container, state: State): Machine {
  const { address } = state;
  return {
    address,
    address6,
    deploy: (change = {}) => deployChange(container, state, 'app-deploy', change),
    updateConfiguration: (properties) => deployChange(container, state, 'config-deploy', { properties }),
    restartAppServer: () => runEngine(container, state, 'restart-app-server'),
    check: (host, path = '/') => ask(container, address, host, path),
    async breakMetadata(fault) {
      const path = join(await container.root(), 'etc/machine/metadata.json');
      if (fault) await writeFile(path, JSON.stringify(fault));
      else await rm(path, { force: true });
      await container.exec('systemctl restart metadata.service');
    },
    launchCopy: ({ address: other, baked = false }) =>
      launchCopy(container, { ...state, address: other }, baked),
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
    root: () => container.root(),
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

async function launchCopy(original: Container, state: State, baked: boolean) {
  const image = baked ? await original.image() : undefined;
  try {
    const container = await bootContainer(`${state.address} ${address6}`, image);
    try {
      const launch = await deployChange(container, state, 'self-startup', {});
      return { machine: instance(container, state), launch };
    } catch (error) {
      await container.close();
      throw error;
    }
  } finally {
    await image?.remove();
  }
}

async function uploadBundle(container: Container, bundle: string): Promise<void> {
  const deployment = '/opt/elasticbeanstalk/deployment';
  const upload = join(await container.root(), deployment, 'upload');
  await rm(upload, { recursive: true, force: true });
  await cp(bundle, upload, { recursive: true, verbatimSymlinks: true });
  const zip = 'rm -f ../new.zip && zip -q -r -y ../new.zip . && mv ../new.zip ../app_source_bundle';
  const { status, output } = await container.exec(`cd ${deployment}/upload && ${zip}`);
  if (status !== 0) throw new Error(`the bundle was not uploaded: ${output}`);
}

async function runEngine(
  container: Container,
  { engine, properties }: State,
  command: string,
): Promise<Deployment> {
  const directory = join(await container.root(), 'opt/elasticbeanstalk/config/private');
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'engine.json'), JSON.stringify({ ...engine, properties }));
  const { status, output } = await container.exec(`python3 /usr/local/lib/machine/engine.py ${command}`);
  return { ok: status === 0, log: output };
}

async function ask(container: Container, address: string, host: string, path: string): Promise<number> {
  const headers = `-H ${quote(`Host: ${host}`)} -H 'Connection: close' -A ELB-HealthChecker/2.0`;
  const curl = `curl -q -s -o /dev/null -m 5 -w '%{http_code}' ${headers} ${quote(`http://${address}${path}`)}`;
  for (let tries = 0; tries < 200; tries += 1) {
    const status = Number((await container.exec(curl)).stdout);
    if (![0, 502, 503, 504].includes(status)) return status;
    await sleep(100);
  }
  return 0;
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
