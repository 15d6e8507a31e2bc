import { readDeployScripts } from '../deploy-scripts.ts';
import { below } from '../paths.ts';
import type { Snapshot } from '../snapshot.ts';
import { readArtifacts, readSinglePackages, readZipActions } from './ci-artifacts.ts';
import { readVariables, type ScriptVariables } from './script-variables.ts';
import type { ScriptCommand } from './shell-assignments.ts';
import { StagedDirectories } from './staged-directory.ts';
import { type Packer, packs, parseZips, type ZipCommand } from './zip-command.ts';

/** A script's commands that zip a bundle. */
export interface ZipScript {
  /** Relative to the app root; `../` leads out of it. */
  readonly file: string;
  readonly line: number;
  readonly archive: string;
  readonly packer: Packer;
  /** Whether the script itself hands an archive to Elastic Beanstalk; else it merely speaks of it. */
  readonly deploys: boolean;
  /** Whether a file of the app root is packed; null where the command does not say. */
  packs(path: string): boolean | null;
}

/** Ways to hand an archive over: the API, and the actions and orbs around it. */
const handsOver =
  /create-application-version|beanstalk-deploy|deployment_package|source-bundle|application-version|dpl.*elasticbeanstalk|provider:\s*elasticbeanstalk|aws-elasticbeanstalk-deploy|version_label/i;

/** The scripts of the repository that zip the app and speak of Elastic Beanstalk. */
export function readZipScripts(whole: Snapshot, appRoot: string): ZipScript[] {
  const holds = (directory: string) => below(whole.paths, directory).length > 0;
  return readDeployScripts(whole).flatMap(({ file, text }) => {
    const shell = [...shellCommands(text)];
    const variables = readVariables(file, text, shell);
    const commands = [
      ...readCommands(shell, variables, appRoot, directoryOf(file), holds),
      ...(appRoot === '.' ? [...readZipActions(text, variables), ...readArtifacts(file, text)] : []),
      ...readSinglePackages(text, variables),
    ];
    const deploys = handsOver.test(text);
    return perArchive(commands).map((script) => ({ ...script, deploys, file: relative(file, appRoot) }));
  });
}

/** Several commands on one archive add up. */
function perArchive(commands: readonly ZipCommand[]): Omit<ZipScript, 'file' | 'deploys'>[] {
  const archives = [...new Set(commands.map(({ archive }) => archive))];
  return archives.map((archive) => {
    const parts = commands.filter((command) => command.archive === archive);
    return {
      archive,
      packer: parts[0]?.packer ?? 'command',
      line: parts[0]?.line ?? 1,
      packs: (path) => {
        const answers = parts.map((part) => packs(part, path));
        return answers.includes(true) ? true : answers.includes(null) ? null : false;
      },
    };
  });
}

/** The zip commands that run in the app root, or in a directory that cannot be told from it. */
function readCommands(
  shell: readonly ScriptCommand[],
  variables: ScriptVariables,
  appRoot: string,
  scriptDirectory: string,
  holds: (directory: string) => boolean,
): ZipCommand[] {
  const commands: ZipCommand[] = [];
  const staging = new StagedDirectories(holds);
  let directory = '.';
  for (const { line, command: written } of shell) {
    const command = variables.expand(written, line);
    const working = /^\s*(?:-\s*)?working-directory:\s*["']?([^"'\s]+)/.exec(command)?.[1];
    const moved = /(?:^|[\s;&("'])cd\s+["']?([^"'\s;&)]+)/.exec(command)?.[1];
    if (stepStart.test(command)) directory = '.';
    if (working !== undefined) directory = working;
    const before = directory;
    if (appRoot === '.') {
      staging.follow(command, isAppRoot(directory, appRoot, scriptDirectory) ? '.' : null);
    }
    if (moved !== undefined && command.search(/\bcd\s/) < command.search(/\bzip\b|$/)) directory = moved;
    const inAppRoot = isAppRoot(directory, appRoot, scriptDirectory);
    // In a monorepo another directory is another bundle.
    if (inAppRoot || appRoot === '.') {
      const staged = inAppRoot ? undefined : staging.in(directory);
      const zips = parseZips(command, line, inAppRoot);
      commands.push(
        ...(staged === undefined ? zips : zips.map((zip) => ({ ...zip, packer: 'copies' as const, staged }))),
      );
    }
    // A subshell's directory is its own.
    if (/\(\s*cd\s[^)]*\)/.test(command)) directory = before;
  }
  return commands;
}

function isAppRoot(directory: string, appRoot: string, scriptDirectory: string): boolean {
  const workspace = /^(?:\$\{\{github\.workspace\}\}|\$\{?GITHUB_WORKSPACE\}?)(?=\/|$)/;
  const plain = directory.replace(workspace, '.').replace(/^\.\/|\/+$/g, '') || '.';
  return plain === appRoot || plain.endsWith(`/${appRoot}`) || (plain === '.' && scriptDirectory === appRoot);
}

/** An expression of GitHub's workflows, which may hold blanks and is part of a word all the same. */
const expression = /\$\{\{[^}\n]*\}\}/g;

const stepStart = /^\s*-\s+(?:name|uses|run):/;

/** The text's lines, those joined that end in a backslash, quotes of JSON undone. */
function* shellCommands(text: string): Generator<ScriptCommand> {
  let pending = '';
  let start = 0;
  let step = 0;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    if (pending === '') start = index + 1;
    const joined = pending + raw.replace(/\\"/g, '"').replace(expression, (text) => text.replace(/\s+/g, ''));
    if (joined.trimEnd().endsWith('\\')) {
      pending = `${joined.trimEnd().slice(0, -1)} `;
      continue;
    }
    pending = '';
    if (stepStart.test(joined)) step += 1;
    if (!/^\s*(?:#|\/\/)/.test(joined)) yield { line: start, command: joined, step };
  }
}

const directoryOf = (path: string): string =>
  path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.';

function relative(file: string, appRoot: string): string {
  if (appRoot === '.') return file;
  if (file.startsWith(`${appRoot}/`)) return file.slice(appRoot.length + 1);
  return `${'../'.repeat(appRoot.split('/').length)}${file}`;
}
