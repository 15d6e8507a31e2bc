import type { Snapshot } from '../snapshot.ts';
import { entriesOf, itemsOf, member, readYaml, textOf, type Yaml } from '../yaml.ts';

/** The name Elastic Beanstalk's Docker platform looks for (DG, create_deploy_docker), and its other spelling. */
const deployedNames = ['docker-compose.yml', 'docker-compose.yaml'];

/** The compose file that a deployment would start; undefined if there is none, or none that can be read. */
export function readDeployedCompose(snapshot: Snapshot): Compose | undefined {
  const file = deployedNames.find((name) => snapshot.has(name));
  return file === undefined ? undefined : readCompose(snapshot, file);
}

export interface ComposeService {
  readonly name: string;
  readonly line: number;
  readonly built: boolean;
  readonly image: string | undefined;
  readonly command: string;
  readonly ports: readonly string[];
  readonly envFiles: readonly string[];
  /** Names set by `environment:`, with the text of their values; undefined is handed through from compose's own. */
  readonly environment: readonly {
    readonly name: string;
    readonly value: string | undefined;
    readonly line: number;
  }[];
  readonly volumes: readonly string[];
}

export interface Compose {
  readonly file: string;
  readonly services: readonly ComposeService[];
  readonly text: string;
}

/** A compose file; undefined if it is missing, unreadable or holds no services. */
export function readCompose(snapshot: Snapshot, file: string): Compose | undefined {
  const text = snapshot.text(file);
  if (text === undefined) return undefined;
  const { value } = readYaml(text);
  // Version 1 of the format has the services at the top.
  const declared = member(value, 'services');
  const services = entriesOf(declared ?? value)
    .filter(
      ({ key, value }) => value.kind === 'map' && (declared !== undefined || isService(value)) && key !== '',
    )
    .map(({ key, line, value }) => readService(key, line, value));
  return services.length === 0 ? undefined : { file, services, text };
}

const isService = (value: Yaml): boolean =>
  member(value, 'image') !== undefined || member(value, 'build') !== undefined;

function readService(name: string, line: number, service: Yaml): ComposeService {
  return {
    name,
    line,
    built: member(service, 'build') !== undefined,
    image: textOf(member(service, 'image')),
    command: words(member(service, 'command')) || words(member(service, 'entrypoint')),
    ports: itemsOf(member(service, 'ports')).map(
      (port) => textOf(port) ?? textOf(member(port, 'published')) ?? '',
    ),
    envFiles: readEnvFiles(member(service, 'env_file')),
    environment: readEnvironment(member(service, 'environment')),
    volumes: itemsOf(member(service, 'volumes')).map(
      (volume) => textOf(volume) ?? textOf(member(volume, 'source')) ?? '',
    ),
  };
}

function words(value: Yaml | undefined): string {
  return textOf(value) ?? itemsOf(value).map(textOf).filter(Boolean).join(' ');
}

function readEnvFiles(value: Yaml | undefined): string[] {
  const items = value?.kind === 'list' ? value.items : value === undefined ? [] : [value];
  return items.flatMap((item) => textOf(item) ?? textOf(member(item, 'path')) ?? []);
}

function readEnvironment(value: Yaml | undefined): ComposeService['environment'] {
  if (value?.kind === 'map') {
    return value.entries.map(({ key, line, value }) => ({ name: key, value: textOf(value), line }));
  }
  return itemsOf(value).flatMap((item) => {
    const [, name, given] = /^\s*([^=\s]+)\s*(?:=(.*))?$/s.exec(textOf(item) ?? '') ?? [];
    return name === undefined ? [] : [{ name, value: given, line: item.line }];
  });
}

const infrastructure =
  /^(?:postgres|postgis|timescaledb?|mysql|mariadb|percona|mongo|mongodb|redis|valkey|memcached|rabbitmq|elasticsearch|opensearch|solr|kafka|zookeeper|cassandra|neo4j|influxdb|eventstore|etcd|minio|localstack|dynamodb-local|mailhog|mailpit|mailcatcher|adminer|pgadmin4?|phpmyadmin|mongo-express)\b/i;

/** Whether an image is a database, a queue or the like: something that an app uses, and no app. */
export function isInfrastructure(image: string): boolean {
  const [name = ''] = image.split('/').slice(-1);
  return infrastructure.test(name);
}

/** Whether the file starts nothing but databases and the like: what an app on a developer's machine needs. */
export function hasNoApp({ services }: Compose): boolean {
  return services.every(({ built, image }) => !built && image !== undefined && isInfrastructure(image));
}

/** Whether the file starts a developer's machine: live-mounted code, a development server. */
export function looksLocal({ services }: Compose): boolean {
  return services.some(
    ({ built, command, volumes }) =>
      built &&
      (/\brunserver\b|--reload\b|\bnpm (?:start|run dev)\b|\bflask run\b|\bdebugpy\b/.test(command) ||
        volumes.some((volume) => /^(?:\.{1,2}\/?|\$\{?PWD\}?|\.{1,2}\/[\w./-]*):/.test(volume))),
  );
}
