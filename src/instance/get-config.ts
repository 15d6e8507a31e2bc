import type { Variables } from './environment-file.ts';

/** How `get-config` behaves: as on an instance, not there at all, or failing on every call. */
export type GetConfigMode = 'works' | 'missing' | 'broken';

/** A stand-in for `/opt/elasticbeanstalk/bin/get-config` as a self-contained shell script. Its sub-commands and `-k`
 * are those of the developer guide (custom-platforms-scripts): a bare value with `-k`, else JSON, which is also YAML;
 * an absent key is a failure. */
export function getConfigScript(mode: Exclude<GetConfigMode, 'missing'>, properties: Variables): string {
  if (mode === 'broken') {
    return '#!/bin/sh\necho "error: could not parse environment variables" >&2\nexit 1\n';
  }
  const sections: Record<string, Variables> = {
    environment: properties,
    platformconfig: new Map([
      ['AppStagingDir', '/var/app/staging/'],
      ['AppDeployDir', '/var/app/current/'],
      ['AppUser', 'webapp'],
      ['ProxyServer', 'nginx'],
      ['DefaultInstancePort', '80'],
    ]),
    container: new Map([['environment_name', 'rehearsal']]),
    optionsettings: new Map(),
    addons: new Map(),
  };
  return `#!/bin/sh
# Stands in for the get-config of Elastic Beanstalk.
case $1 in --output | -o) shift 2 ;; esac
section=$1
key=
[ $# -lt 2 ] || case $2 in -k | --key) key=.$3 ;; esac
case $section$key in
${Object.entries(sections)
  .flatMap(([section, values]) => casesOf(section, values))
  .join('\n')}
  *)
    echo "error: $section: no such section or key" >&2
    exit 1
    ;;
esac
`;
}

function casesOf(section: string, values: Variables): string[] {
  const whole = JSON.stringify(Object.fromEntries(values));
  const single = [...values].map(([name, value]) => answer(shellQuote(`${section}.${name}`), value));
  return [answer(section, whole), ...single];
}

function answer(pattern: string, text: string): string {
  return `  ${pattern}) printf '%s\\n' ${shellQuote(text)} ;;`;
}

function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
