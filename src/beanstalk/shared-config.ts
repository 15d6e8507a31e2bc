/** What the AWS configuration files say of one profile; never its secrets. */
export interface AwsProfile {
  readonly region: string | undefined;
  /** Signs in through IAM Identity Center: `aws sso login` renews it. */
  readonly sso: boolean;
  /** Signs in through `aws login`. */
  readonly login: boolean;
  /** Has a program that hands out credentials (`credential_process`). */
  readonly program: boolean;
}

/** The profiles of `~/.aws/config` (`[default]`, `[profile NAME]`) and `~/.aws/credentials` (`[NAME]`).
 * Only names and a few harmless keys are kept. */
export function readProfiles(config: string, credentials: string): ReadonlyMap<string, AwsProfile> {
  const profiles = new Map<string, AwsProfile>();
  const sections = [
    ...readSections(config).map(([title, keys]) => [profileName(title), keys] as const),
    ...readSections(credentials),
  ];
  for (const [name, keys] of sections) {
    if (name === undefined) continue;
    const known = profiles.get(name);
    profiles.set(name, {
      region: known?.region ?? keys.get('region'),
      sso: known?.sso === true || keys.has('sso_session') || keys.has('sso_start_url'),
      login: known?.login === true || keys.has('login_session'),
      program: known?.program === true || keys.has('credential_process'),
    });
  }
  return profiles;
}

/** `[sso-session x]` and `[services x]` are no profiles. */
function profileName(title: string): string | undefined {
  if (title === 'default') return title;
  const name = /^profile\s+(.+)$/.exec(title)?.[1];
  return name?.replace(/^(["'])(.*)\1$/, '$2');
}

const harmlessKeys = new Set(['region', 'sso_session', 'sso_start_url', 'login_session']);

function readSections(text: string): (readonly [string, ReadonlyMap<string, string>])[] {
  const sections: (readonly [string, Map<string, string>])[] = [];
  for (const line of text.split(/\r?\n/)) {
    const title = /^\s*\[([^\]]+)\]/.exec(line)?.[1]?.trim();
    if (title !== undefined) sections.push([title, new Map()]);
    // An indented line belongs to a nested setting such as `s3 =`.
    const [, key = '', value = ''] = /^([^\s#;=]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (harmlessKeys.has(key) && value !== '') sections.at(-1)?.[1].set(key, value);
    // Its arguments may hold a secret.
    if (key === 'credential_process') sections.at(-1)?.[1].set(key, '');
  }
  return sections;
}
