import { at, member, readYaml, textOf, type Yaml } from './yaml.ts';

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
  const local = readFile('config.yml', files.local);
  const global = readFile('config.global.yml', files.global);
  const lookUp = (section: string, key: string): Yaml | undefined => {
    const own = member(local.value, section);
    return member(own, key) ?? at(global.value, section, key);
  };
  // Of `feature/shop` the EB CLI knows `shop` (`objects/sourcecontrol.py`); people write the whole.
  const short = branch.slice(branch.lastIndexOf('/') + 1);
  const ofBranch = lookUp('branch-defaults', short) ?? lookUp('branch-defaults', branch);
  const setting = (key: string) => given(member(ofBranch, key)) ?? given(lookUp('global', key));
  return {
    application: setting('application_name'),
    environment: given(member(ofBranch, 'environment')),
    profile: setting('profile'),
    region: setting('default_region'),
    problem: local.problem ?? global.problem,
  };
}

function readFile(
  file: string,
  source: string | undefined,
): { value: Yaml | undefined; problem?: EbCliConfig['problem'] } {
  if (source === undefined) return { value: undefined };
  const { value, problem } = readYaml(source);
  if (problem === undefined || problem.doubtful) return { value };
  return { value: undefined, problem: { file, reason: `line ${problem.line}: ${problem.reason}` } };
}

function given(value: Yaml | undefined): string | undefined {
  const text = textOf(value);
  return text === '' ? undefined : text;
}
