import type { Finding } from '../../findings.ts';
import { below } from '../paths.ts';
import type { Snapshot } from '../snapshot.ts';
import { isTemplate, isTemplatePath } from '../template-marks.ts';
import { entriesOf, readYaml, textOf, type Yaml, type YamlEntry } from '../yaml.ts';
import { readOptionSettings } from './option-settings.ts';

/** An `option_settings` entry of the user's files. */
export interface EbOption {
  readonly file: string;
  readonly line: number;
  readonly namespace: string;
  readonly option: string;
  /** Null where the file gives none (YAML's null), or something that is no scalar. */
  readonly value: string | null;
  readonly shape: 'scalar' | 'map' | 'list';
}

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
}

/** A property of a CloudFormation resource. */
export interface EbResource {
  readonly file: string;
  readonly line: number;
  readonly resource: string;
  readonly properties: Yaml;
}

/** What the user's `.ebextensions` say; a file that cannot be read in full counts as far as it was read. */
export interface EbExtensions {
  readonly files: readonly string[];
  readonly options: readonly EbOption[];
  readonly commands: readonly EbCommand[];
  readonly writtenFiles: readonly EbFile[];
  readonly resources: readonly EbResource[];
  readonly findings: readonly Finding[];
}

/** The sections Elastic Beanstalk reads: DG, ebextensions, customize-containers-ec2, environment-resources. */
const sections = [
  'option_settings',
  'commands',
  'container_commands',
  'files',
  'packages',
  'services',
  'users',
  'groups',
  'sources',
  'Resources',
  'Outputs',
  'Parameters',
  'Conditions',
  'Mappings',
];

/** Reads every `.ebextensions/*.config`, in the order Elastic Beanstalk applies them. */
export function readEbExtensions(snapshot: Snapshot): EbExtensions {
  // Only that one directory of the bundle root, and only that ending, is read: DG, ebextensions.
  const files = below(snapshot.paths, '.ebextensions').filter((path) => /^[^/]+\/[^/]+\.config$/.test(path));
  const parts = files.map((file) => readConfigFile(file, snapshot));
  return {
    files,
    options: parts.flatMap((part) => part.options),
    commands: parts.flatMap((part) => part.commands),
    writtenFiles: parts.flatMap((part) => part.writtenFiles),
    resources: parts.flatMap((part) => part.resources),
    findings: parts.flatMap((part) => part.findings),
  };
}

type Part = Omit<EbExtensions, 'files'>;

const nothing: Part = { options: [], commands: [], writtenFiles: [], resources: [], findings: [] };

function readConfigFile(file: string, snapshot: Snapshot): Part {
  const text = snapshot.text(file);
  if (text === undefined) return { ...nothing, findings: unreadable(file, snapshot) };
  const { value, problem } = readYaml(text);
  const findings: Finding[] = [];
  if (isTemplatePath(file) || (problem !== undefined && isTemplate(file, text)))
    findings.push(templateFinding(file));
  else if (problem !== undefined) {
    findings.push({
      code: 'ebextensions-invalid',
      severity: problem.doubtful ? 'warning' : 'error',
      file,
      line: problem.line,
      message: `this ${problem.doubtful ? 'may not be' : 'is not'} valid YAML (line ${problem.line}, column ${problem.column}: ${problem.reason}); Elastic Beanstalk refuses the whole deployment for a file it cannot read`,
      fix: `correct line ${problem.line}; values that begin with a special character, or hold ': ', need quotes`,
    });
  } else if (value.kind !== 'map' && textOf(value) !== undefined) {
    findings.push(notAMapping(file, value.line));
  } else if (value.kind === 'list') findings.push(notAMapping(file, value.line));
  const top = entriesOf(value);
  findings.push(...repeatedSections(file, top), ...unknownSections(file, top));
  const of = (name: string) => top.filter((entry) => entry.key === name);
  return {
    options: of('option_settings').flatMap((entry) => readOptionSettings(file, entry.value)),
    commands: (['commands', 'container_commands'] as const).flatMap((section) =>
      of(section).flatMap((entry) => readCommands(file, section, entry.value)),
    ),
    writtenFiles: of('files').flatMap((entry) => readFiles(file, entry.value)),
    resources: of('Resources').flatMap((entry) =>
      entriesOf(entry.value).map(({ key, line, value }) => ({
        file,
        line,
        resource: key,
        properties: value,
      })),
    ),
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
    const content = textOf(entriesOf(value).find((entry) => entry.key === 'content')?.value);
    return { file, line, target: key, content: content ?? '' };
  });
}

function unreadable(file: string, snapshot: Snapshot): Finding[] {
  const problem = snapshot.problem(file);
  if (problem === 'missing') return [];
  return [
    {
      code: 'ebextensions-invalid',
      severity: problem === 'unreadable' ? 'warning' : 'error',
      file,
      line: null,
      message: `this file cannot be read (${problem}), so Elastic Beanstalk refuses the deployment or ignores it`,
      fix: 'save it as UTF-8 text, or give it another ending than .config',
    },
  ];
}

function templateFinding(file: string): Finding {
  return {
    code: 'project-template',
    severity: 'info',
    file,
    line: null,
    message: 'this file is a template, to be rendered before it is deployed; it was read as far as possible',
    fix: 'run eb-hosts in the rendered project',
  };
}

function notAMapping(file: string, line: number): Finding {
  return {
    code: 'ebextensions-invalid',
    severity: 'error',
    file,
    line,
    message: 'the top level is not a mapping of sections such as option_settings, so the deployment fails',
    fix: "begin the file with 'option_settings:' and indent what follows",
  };
}

function repeatedSections(file: string, top: readonly YamlEntry[]): Finding[] {
  return top.flatMap(({ key, line }, index) => {
    if (top.findIndex((other) => other.key === key) === index) return [];
    return [
      {
        code: 'ebextensions-duplicate-key',
        severity: 'warning',
        file,
        line,
        message: `'${key}' stands in this file twice: Elastic Beanstalk keeps only one of the two sections`,
        fix: `put everything below one '${key}:', or move the second one into a file of its own`,
      } as const,
    ];
  });
}

function unknownSections(file: string, top: readonly YamlEntry[]): Finding[] {
  return top.flatMap(({ key, line }) => {
    const meant = sections.find(
      (section) => section !== key && normalized(section) === normalized(key) && key !== '',
    );
    if (meant === undefined) return [];
    return [
      {
        code: 'ebextensions-unknown-section',
        severity: 'warning',
        file,
        line,
        message: `'${key}' is no section of an .ebextensions file, so it is ignored`,
        fix: `write '${meant}'`,
      } as const,
    ];
  });
}

const normalized = (name: string): string => name.toLowerCase().replace(/[-_ ]|s$/g, '');
