import { parseDocument } from 'yaml';

/** The texts of `.elasticbeanstalk/config.yml` and `config.global.yml`; undefined where there is no such file. */
export interface EbCliFiles {
  readonly local: string | undefined;
  readonly global: string | undefined;
}

/** What `eb` would work on, as far as its files say; a key set to null counts as not given. */
export interface EbCliConfig {
  readonly application: string | undefined;
  readonly environment: string | undefined;
  readonly profile: string | undefined;
  readonly region: string | undefined;
  /** The file that could not be read as YAML, and why; its keys count as not given. */
  readonly problem: { readonly file: string; readonly reason: string } | undefined;
}

/** Reads the EB CLI's files as the EB CLI does: `branch-defaults.<branch>` before `global`, and `config.yml` before
 * `config.global.yml` key by key (a null there hides the other file's value).
 * Source: aws/aws-elastic-beanstalk-cli `core/fileoperations.py`, `operations/commonops.py`.
 * @param branch the current git branch; `default` outside git */
export function readEbCliConfig(files: EbCliFiles, branch: string): EbCliConfig {
  const local = readYaml('config.yml', files.local);
  const global = readYaml('config.global.yml', files.global);
  const lookUp = (section: string, key: string): unknown => {
    const own = member(local.value, section);
    return isMapping(own) && Object.hasOwn(own, key) ? own[key] : member(member(global.value, section), key);
  };
  // Of `feature/shop` the EB CLI knows `shop` (`objects/sourcecontrol.py`); people write the whole.
  const short = branch.slice(branch.lastIndexOf('/') + 1);
  const ofBranch = lookUp('branch-defaults', short) ?? lookUp('branch-defaults', branch);
  const setting = (key: string) => text(member(ofBranch, key)) ?? text(lookUp('global', key));
  return {
    application: setting('application_name'),
    environment: text(member(ofBranch, 'environment')),
    profile: setting('profile'),
    region: setting('default_region'),
    problem: local.problem ?? global.problem,
  };
}

function readYaml(
  file: string,
  source: string | undefined,
): { value: unknown; problem?: EbCliConfig['problem'] } {
  if (source === undefined) return { value: undefined };
  // `failsafe`: an environment called `on`, `1e3` or `0123` stays the text it is.
  const document = parseDocument(source, { schema: 'failsafe', logLevel: 'silent' });
  const [error] = document.errors;
  if (error !== undefined) {
    return { value: undefined, problem: { file, reason: error.message.split('\n')[0] ?? error.message } };
  }
  try {
    return { value: document.toJS({ maxAliasCount: 100 }) };
  } catch (error) {
    return { value: undefined, problem: { file, reason: String(error) } };
  }
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function member(value: unknown, key: string): unknown {
  return isMapping(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** YAML's spellings of null arrive as text. */
function text(value: unknown): string | undefined {
  if (typeof value !== 'string' || ['', '~', 'null', 'Null', 'NULL'].includes(value)) return undefined;
  return value;
}
