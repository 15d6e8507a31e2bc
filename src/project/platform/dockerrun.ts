import { topNames } from '../paths.ts';
import type { Snapshot } from '../snapshot.ts';
import { at, entriesOf, itemsOf, member, readYaml, textOf, type Yaml } from '../yaml.ts';

export interface Dockerrun {
  readonly file: string;
  /** 1: one container; 2: ECS; 3: images for a compose file. Null where the file does not say. */
  readonly version: 1 | 2 | 3 | null;
  readonly versionLine: number | null;
  /** Whether the file is deployed as it is, or a template that CI fills in and renames. */
  readonly template: boolean;
  readonly document: Yaml;
}

const fileNames = /^Dockerrun\.aws(?:[._-][\w.-]+)?\.json(?:[._-]\w+)?$/i;

/** The Dockerrun file of the snapshot's root: `Dockerrun.aws.json`, else a template of it. */
export function readDockerrun(snapshot: Snapshot): Dockerrun | undefined {
  const exact = 'Dockerrun.aws.json';
  const file = snapshot.has(exact) ? exact : topNames(snapshot.paths).find((name) => fileNames.test(name));
  const text = file === undefined ? undefined : snapshot.text(file);
  if (file === undefined || text === undefined) return undefined;
  const { value } = readYaml(text);
  const version = entriesOf(value).find(({ key }) => key === 'AWSEBDockerrunVersion');
  return {
    file,
    version: versionOf(textOf(version?.value)) ?? versionByKeys(value),
    versionLine: version?.line ?? null,
    template: file !== exact,
    document: value,
  };
}

/** Written as a number or a string. */
function versionOf(text: string | undefined): 1 | 2 | 3 | undefined {
  const digits = /^\s*(\d)/.exec(text ?? '')?.[1];
  return digits === '1' ? 1 : digits === '2' ? 2 : digits === '3' ? 3 : undefined;
}

function versionByKeys(value: Yaml): 1 | 2 | null {
  if (member(value, 'containerDefinitions') !== undefined) return 2;
  return member(value, 'Image') !== undefined || member(value, 'Ports') !== undefined ? 1 : null;
}

/** A container of an ECS task, and the host directories mounted into it. */
export interface EcsContainer {
  readonly name: string;
  readonly line: number;
  readonly image: string;
  readonly mounts: readonly {
    readonly hostPath: string | undefined;
    readonly containerPath: string | undefined;
  }[];
  readonly receivesHttp: boolean;
}

/** The containers of a version-2 file. */
export function ecsContainers({ document }: Dockerrun): EcsContainer[] {
  const volumes = new Map(
    itemsOf(member(document, 'volumes')).map((volume) => [
      textOf(member(volume, 'name')),
      textOf(at(volume, 'host', 'sourcePath')),
    ]),
  );
  return itemsOf(member(document, 'containerDefinitions')).map((container) => ({
    name: textOf(member(container, 'name')) ?? '',
    line: container.line,
    image: textOf(member(container, 'image')) ?? '',
    mounts: itemsOf(member(container, 'mountPoints')).map((mount) => ({
      hostPath: volumes.get(textOf(member(mount, 'sourceVolume'))),
      containerPath: textOf(member(mount, 'containerPath')),
    })),
    receivesHttp: itemsOf(member(container, 'portMappings')).length > 0,
  }));
}
