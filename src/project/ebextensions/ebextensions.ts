import { posix } from 'node:path';
import { type Finding, finding } from '../../findings.ts';
import { infrastructureFiles } from '../deploy-scripts.ts';
import { below, isTemplate } from '../paths.ts';
import type { Snapshot } from '../snapshot.ts';
import { at, entriesOf, readYaml, textOf, type Yaml, type YamlEntry, type YamlProblem } from '../yaml.ts';
import { type EbOption, readOptionSettings } from './option-settings.ts';

export type { EbOption } from './option-settings.ts';

/** A `commands` or `container_commands` entry. */
export interface EbCommand {
  readonly file: string;
  readonly line: number;
  readonly section: 'commands' | 'container_commands';
  readonly command: string;
}

/** A file an `.ebextensions` file puts on the instance. */
export interface EbFile {
  readonly file: string;
  readonly line: number;
  readonly target: string;
  readonly content: string;
  /** Where the content begins. */
  readonly contentLine: number;
}

/** What the user's `.ebextensions` say; a file that cannot be read in full counts as far as it was read. */
export interface EbExtensions {
  readonly files: readonly string[];
  readonly options: readonly EbOption[];
  /** What other files of the repository set: Terraform, CloudFormation, CDK, saved configurations, `env.yaml`. */
  readonly elsewhere: readonly EbOption[];
  readonly commands: readonly EbCommand[];
  readonly writtenFiles: readonly EbFile[];
  readonly findings: readonly Finding[];
}

/** Reads every `.ebextensions/*.config`, in the order Elastic Beanstalk applies them.
 * @param whole the snapshot that `snapshot`, the app root, was narrowed from: infrastructure code may lie beside it */
export function readEbExtensions(
  snapshot: Snapshot,
  whole: Snapshot = snapshot,
  appRoot = '.',
): EbExtensions {
  // Only that one directory of the bundle root, and only that ending, is read: DG, ebextensions.
  const files = below(snapshot.paths, '.ebextensions').filter((path) => /^[^/]+\/[^/]+\.config$/.test(path));
  const parts = files.map((file) => readConfigFile(file, snapshot));
  return {
    files,
    options: parts.flatMap((part) => part.options),
    elsewhere: readOptionsElsewhere(whole, appRoot),
    commands: parts.flatMap((part) => part.commands),
    writtenFiles: parts.flatMap((part) => part.writtenFiles),
    findings: parts.flatMap((part) => part.findings),
  };
}

type Part = Omit<EbExtensions, 'files' | 'elsewhere'>;

const nothing: Part = { options: [], commands: [], writtenFiles: [], findings: [] };

function readConfigFile(file: string, snapshot: Snapshot): Part {
  const text = snapshot.text(file);
  if (text === undefined) return { ...nothing, findings: unreadable(file, snapshot) };
  // A template means nothing until it is rendered.
  const { value, problem } = readYaml(text);
  const top = entriesOf(value);
  const isProblem =
    problem !== undefined || (value.kind === 'scalar' ? value.text !== null : value.kind === 'list');
  const findings = isProblem
    ? isTemplate(file, text)
      ? []
      : [invalid(file, problem, value.line)]
    : lostSections(file, top);
  const of = (name: string) => top.filter((entry) => entry.key === name);
  return {
    options: of('option_settings').flatMap((entry) => readOptionSettings(file, entry.value)),
    commands: (['commands', 'container_commands'] as const).flatMap((section) =>
      of(section).flatMap((entry) => readCommands(file, section, entry.value)),
    ),
    writtenFiles: of('files').flatMap((entry) => readFiles(file, entry.value)),
    findings,
  };
}

function readCommands(file: string, section: EbCommand['section'], value: Yaml): EbCommand[] {
  return entriesOf(value).flatMap((entry) => {
    const command = entriesOf(entry.value).find(({ key }) => key === 'command');
    if (command === undefined) return [];
    const parts = command.value.kind === 'list' ? command.value.items.map(textOf) : [textOf(command.value)];
    return [{ file, line: command.line, section, command: parts.filter(Boolean).join(' ') }];
  });
}

function readFiles(file: string, value: Yaml): EbFile[] {
  return entriesOf(value).map(({ key, line, value }) => {
    const node = entriesOf(value).find((entry) => entry.key === 'content')?.value;
    const content = textOf(node) ?? '';
    // The text of a block begins below the `|`.
    const contentLine = (node?.line ?? line) + Number(content.includes('\n'));
    return { file, line, target: key, content, contentLine };
  });
}

function unreadable(file: string, snapshot: Snapshot): Finding[] {
  const problem = snapshot.problem(file);
  if (problem === 'missing' || problem === 'unreadable') return [];
  const message = `this file cannot be read (${problem}), so Elastic Beanstalk refuses the deployment`;
  const fix = 'save it as UTF-8 text, or give it another ending than .config';
  return [finding('error', 'ebextensions-invalid', { file, line: null }, message, fix)];
}

function invalid(file: string, problem: YamlProblem | undefined, line: number): Finding {
  if (problem === undefined) {
    const message =
      'the top level is not a mapping of sections such as option_settings, so the deployment fails';
    const fix = "begin the file with 'option_settings:' and indent what follows";
    return finding('error', 'ebextensions-invalid', { file, line }, message, fix);
  }
  return finding(
    problem.doubtful ? 'warning' : 'error',
    'ebextensions-invalid',
    { file, line: problem.line },
    `this ${problem.doubtful ? 'may not be' : 'is not'} valid YAML (line ${problem.line}, column ${problem.column}: ${problem.reason}); Elastic Beanstalk refuses the whole deployment for a file it cannot read`,
    `correct line ${problem.line}; values that begin with a special character, or hold ': ', need quotes`,
  );
}

/** Sections that stand twice, of which one is kept, and the usual ones with a name that is nearly right. */
function lostSections(file: string, top: readonly YamlEntry[]): Finding[] {
  return top.flatMap(({ key, line }, index) => {
    const told = (message: string, fix: string) => [
      finding('warning', 'ebextensions-invalid', { file, line }, message, fix),
    ];
    if (top.findIndex((other) => other.key === key) !== index) {
      return told(
        `'${key}' stands in this file twice: Elastic Beanstalk keeps only one of the two sections`,
        `put everything below one '${key}:', or move the second one into a file of its own`,
      );
    }
    const [, first] = /^(option|container)[-_ ]?(?:setting|command)s?$/i.exec(key) ?? [];
    const meant = first?.toLowerCase() === 'option' ? 'option_settings' : 'container_commands';
    if (first === undefined || key === meant) return [];
    return told(`'${key}' is no section of an .ebextensions file`, `write '${meant}'`);
  });
}

/** Options that other files than `.ebextensions` set: Terraform, CloudFormation, CDK, saved configurations, `env.yaml`.
 * @param appRoot the app root relative to `whole`; the files are named relative to it */
function readOptionsElsewhere(whole: Snapshot, appRoot: string): EbOption[] {
  const own = (path: string) => posix.join(appRoot, path);
  const saved = below(whole.paths, own('.elasticbeanstalk/saved_configs')).filter((path) =>
    /\.ya?ml$/.test(path),
  );
  const named = [...saved, own('env.yaml')].flatMap((path) => {
    const settings = at(readYaml(whole.text(path) ?? '').value, 'OptionSettings');
    return settings === undefined ? [] : readOptionSettings(posix.relative(appRoot, path), settings);
  });
  const files = infrastructureFiles(whole, mayHold).filter((path) => !saved.includes(path));
  return [
    ...named,
    ...files.flatMap((path) => fromCode(posix.relative(appRoot, path), whole.text(path) ?? '')),
  ];
}

const mayHold =
  /\.tf$|^(?!.*\.(?:ebextensions|elasticbeanstalk|github)\/)(?=.*(?:eb|beanstalk|deploy|infra|cloudformation|cfn|cdk|stack|template)).*\.(?:ya?ml|json|ts|py|template)$/i;

const assigned = (name: string, value: string) => `["']?${name}["']?\\s*[:=]\\s*${value}`;
const text = (name: string) =>
  `(?:(?<${name}Quote>["'])(?<${name}>.*?)\\k<${name}Quote>|(?<${name}Bare>[\\w./: -]+))`;
const namespace = assigned('namespace', text('namespace'));
const option = assigned('(?:option_?)?name', text('option'));
const value = assigned('value', text('value'));

/** The three parts of a setting as Terraform, CloudFormation and CDK write them, in their usual orders. */
const settings = [
  [namespace, option, value],
  [option, namespace, value],
].map((parts) => new RegExp(parts.join('[\\s,]*(?:resource\\s*=\\s*""\\s*)?'), 'gi'));

/** A value that is put in from elsewhere is null. */
function fromCode(file: string, source: string): EbOption[] {
  if (!source.includes('aws:elasticbeanstalk:')) return [];
  const code = source.replace(/^\s*(?:#|\/\/).*$/gm, (comment) => comment.replace(/[^\n]/g, ' '));
  return settings.flatMap((pattern) =>
    [...code.matchAll(pattern)].map(({ index, groups = {} }) => {
      // Without quotes it is a text in YAML, a reference elsewhere.
      const value =
        groups.value ?? (/\.ya?ml$/.test(file) ? groups.valueBare?.trim() || undefined : undefined);
      return {
        file,
        line: code.slice(0, index).split('\n').length,
        namespace: (groups.namespace ?? groups.namespaceBare ?? '').trim(),
        option: (groups.option ?? groups.optionBare ?? '').trim(),
        value: value === undefined || value.includes('${') ? null : value,
        shape: 'scalar' as const,
      };
    }),
  );
}
