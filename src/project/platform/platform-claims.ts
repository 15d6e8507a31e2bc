import type { EbExtensions } from '../ebextensions/ebextensions.ts';
import { below } from '../paths.ts';
import type { Snapshot } from '../snapshot.ts';
import { at, readYaml, textOf } from '../yaml.ts';
import { bare, type Claim, claim } from './platform-claim.ts';
import { claimFromFiles } from './platform-files.ts';
import { type PlatformName, readPlatformName } from './platform-name.ts';
import { claimFromStackNames } from './platform-stacks.ts';

/** Everything in the app root that speaks for a platform.
 * @param ships whether a file of that path would be in the bundle */
export function claimPlatforms(
  snapshot: Snapshot,
  ebextensions: EbExtensions,
  ships: (path: string) => boolean,
): Claim[] {
  return [
    ...fromEbCli(snapshot),
    ...fromSavedConfigurations(snapshot),
    ...claimFromStackNames(snapshot),
    ...fromNamespaces(ebextensions),
    ...fromCommands(ebextensions),
    ...fromHooks(snapshot),
    ...claimFromFiles(snapshot, ships),
  ];
}

function fromEbCli(snapshot: Snapshot): Claim[] {
  for (const file of ['.elasticbeanstalk/config.yml', '.elasticbeanstalk/config.global.yml']) {
    const text = snapshot.text(file);
    if (text === undefined) continue;
    const { value } = readYaml(text);
    const branch = snapshot.git?.branch ?? 'default';
    for (const [key, node] of [
      [
        `branch-defaults.${branch}.default_platform`,
        at(value, 'branch-defaults', branch, 'default_platform'),
      ],
      ['global.default_platform', at(value, 'global', 'default_platform')],
    ] as const) {
      const name = textOf(node);
      const platform = name === undefined ? undefined : readPlatformName(name);
      if (platform === undefined) continue;
      return [claim(platform, 100, `${key} is '${name}'`, file, node?.line ?? null)];
    }
  }
  return [];
}

/** `eb config save` keeps `Platform.PlatformArn` or `SolutionStack`; `env.yaml` in the bundle's root `SolutionStack`. */
function fromSavedConfigurations(snapshot: Snapshot): Claim[] {
  const saved = below(snapshot.paths, '.elasticbeanstalk/saved_configs').filter((path) =>
    /\.ya?ml$/.test(path),
  );
  return [...saved, 'env.yaml'].flatMap((file) => {
    const text = snapshot.text(file);
    if (text === undefined) return [];
    const { value } = readYaml(text);
    const node = at(value, 'Platform', 'PlatformArn') ?? at(value, 'SolutionStack');
    const name = textOf(node);
    const platform = name === undefined ? undefined : readPlatformName(name);
    return platform === undefined
      ? []
      : [claim(platform, 80, `it names '${name}'`, file, node?.line ?? null)];
  });
}

const containerNamespaces: Readonly<Record<string, PlatformName>> = {
  python: bare('python'),
  nodejs: bare('other', 'node'),
  php: bare('other', 'php'),
  tomcat: bare('other', 'tomcat'),
  golang: bare('other', 'go'),
  java: bare('other', 'java'),
  ruby: bare('other', 'ruby'),
  dotnet: bare('other', 'dotnet'),
  '.net': { ...bare('other', 'dotnet-windows'), generation: 'windows' },
};

function fromNamespaces({ options }: EbExtensions): Claim[] {
  return options.flatMap(({ namespace, file, line }) => {
    const kind = /^aws:elasticbeanstalk:container:(\.?\w+)/.exec(namespace)?.[1];
    const platform = kind === undefined ? undefined : containerNamespaces[kind];
    return platform === undefined
      ? []
      : [claim(platform, 90, `the namespace ${namespace} is set`, file, line)];
  });
}

function fromCommands({ commands }: EbExtensions): Claim[] {
  return commands.flatMap(({ command, file, line }) => fromShell(command, 'a command', file, line));
}

function fromHooks(snapshot: Snapshot): Claim[] {
  const hooks = below(snapshot.paths, '.platform').filter((path) =>
    /^\.platform\/(?:hooks|confighooks)\//.test(path),
  );
  return hooks.flatMap((file) => fromShell(snapshot.text(file) ?? '', 'a hook', file, null));
}

/** What only makes sense on one platform: a virtual environment of the engine, or containers. */
function fromShell(text: string, what: string, file: string, line: number | null): Claim[] {
  if (/\bdocker(?:-compose)? (?:exec|run|ps|cp|compose|system|login|image)\b/.test(text)) {
    return [claim(bare('docker'), 50, `${what} speaks to docker`, file, line)];
  }
  if (/\/var\/app\/venv|\/opt\/python\/|\bmanage\.py\b|\bdjango-admin\b/.test(text)) {
    return [claim(bare('python'), 50, `${what} runs Python of the app on the host`, file, line)];
  }
  if (/\b(?:bundle exec|rake|rails)\b/.test(text)) {
    return [claim(bare('other', 'ruby'), 50, `${what} runs Ruby of the app on the host`, file, line)];
  }
  if (/\bphp artisan\b|\bphp bin\/console\b/.test(text)) {
    return [claim(bare('other', 'php'), 50, `${what} runs PHP of the app on the host`, file, line)];
  }
  return [];
}
