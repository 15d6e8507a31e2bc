import picomatch from 'picomatch';
import { readDeployScripts } from '../deploy-scripts.ts';
import { baseName, landmarks } from '../paths.ts';
import type { Snapshot } from '../snapshot.ts';
import { at, entriesOf, itemsOf, member, readYaml, textOf, type Yaml } from '../yaml.ts';

/** A bundle that CI makes beside `eb deploy`, as far as its files say with certainty. */
export interface CiBundle {
  readonly file: string;
  readonly line: number;
  /** What leaves files out, as a subject: `artifacts.files of buildspec.yml`. */
  readonly maker: string;
  /** Whether the bundle goes to Elastic Beanstalk for certain. */
  readonly certain: boolean;
  leavesOut(path: string): boolean;
  /** How to put a file or directory of the root into the bundle. */
  fix(top: string): string;
}

/** Reads `artifacts.files` of CodeBuild, artifacts of GitHub's workflows, `deployment_package` of one file, `zip … *`. */
export function readCiBundles(snapshot: Snapshot): CiBundle[] {
  const buildspecs = landmarks(snapshot.paths).filter((path) =>
    /(?:^|\/)buildspec[\w.-]*\.ya?ml$/.test(path),
  );
  return [
    ...buildspecs.flatMap((file) => readArtifacts(file, snapshot.text(file) ?? '')),
    ...readDeployScripts(snapshot).flatMap(({ file, text }) => [
      ...(file.startsWith('.github/workflows/') ? readUploads(file, text) : []),
      ...readSinglePackages(file, text),
      ...readZips(file, text),
    ]),
  ];
}

/** `artifacts.files` of a buildspec: `**` and `*` match names that begin with a dot, too. Whether CodePipeline hands the
 * artifact to Elastic Beanstalk stands elsewhere; it does where it holds Elastic Beanstalk's own files. */
function readArtifacts(file: string, text: string): CiBundle[] {
  const artifacts = member(readYaml(text).value, 'artifacts');
  const listed = itemsOf(member(artifacts, 'files'));
  const files = listed.map((item) => textOf(item) ?? '');
  const directory = textOf(member(artifacts, 'base-directory')) ?? '.';
  const elsewhere = !/^\.?\/?$/.test(directory) || member(artifacts, 'secondary-artifacts') !== undefined;
  const certain = files.some((name) => /^(?:\.ebextensions|\.platform|Procfile|Dockerrun\.aws)/.test(name));
  const source = files.some((name) => appFile.test(name));
  if (elsewhere || files.includes('appspec.yml') || !(certain || source)) return [];
  const packs = picomatch(files, { dot: true });
  const excludes = picomatch(
    itemsOf(member(artifacts, 'exclude-paths')).map((path) => textOf(path) ?? ''),
    { dot: true },
  );
  return [
    {
      file,
      line: listed[0]?.line ?? 1,
      maker: `artifacts.files of ${file}`,
      certain,
      leavesOut: (path) =>
        excludes(path) ||
        !(packs(path) || files.some((name) => path.startsWith(`${name.replace(/\/$/, '')}/`))),
      fix: (top) => `add '${top}/**/*' to artifacts.files`,
    },
  ];
}

/** A file that lies in the root of a bundle with source code. */
const appFile =
  /^(?:\.\/)?(?:manage\.py|application\.py|requirements\.txt|package\.json|Gemfile|composer\.json|Procfile)$/;

/** actions/upload-artifact leaves out every path with a name that begins with a dot, since 4.4.0, unless told otherwise
 * (its README). That counts where another job, without a checkout of its own, packs what it downloads. */
function readUploads(file: string, text: string): CiBundle[] {
  const jobs = entriesOf(member(readYaml(text).value, 'jobs')).map(({ value }) =>
    itemsOf(member(value, 'steps')),
  );
  const uses = (step: Yaml) => textOf(member(step, 'uses')) ?? '';
  const input = (step: Yaml, name: string) => textOf(at(step, 'with', name));
  const deploying = jobs.filter((steps) => {
    const words = steps.map((step) => `${uses(step)}\n${textOf(member(step, 'run')) ?? ''}`).join('\n');
    const packs = /\bzip\b|\beb\s+deploy\b|aws-elasticbeanstalk-deploy/.test(words);
    return packs && /beanstalk|\beb\s+deploy\b/.test(words) && !/actions\/checkout@|\.platform\b/.test(words);
  });
  const isDeployed = (upload: Yaml) =>
    deploying.flat().some((step) => {
      const name = input(step, 'name');
      if (!uses(step).startsWith('actions/download-artifact@')) return false;
      return name === undefined || name === (input(upload, 'name') ?? 'artifact');
    });
  const hides = (step: Yaml) => {
    const [, major, minor] = /^actions\/upload-artifact@v(\d+)(?:\.(\d+))?/.exec(uses(step)) ?? [];
    const recent = Number(major) > 4 || (major === '4' && Number(minor ?? 4) >= 4);
    return recent && (input(step, 'include-hidden-files') ?? 'false') === 'false';
  };
  const takesApp = (step: Yaml) =>
    (input(step, 'path') ?? '')
      .split('\n')
      .some((path) => appPath.test(path.trim()) || appFile.test(path.trim()));
  const uploads = jobs.flat().filter((step) => hides(step) && takesApp(step) && isDeployed(step));
  return uploads.map((step) => ({
    file,
    line: step.line,
    maker: `${uses(step)} without include-hidden-files`,
    certain: true,
    leavesOut: (path) => path.split('/').some((name) => name.startsWith('.')),
    fix: () => "add 'include-hidden-files: true' to the inputs of that step",
  }));
}

/** The whole work tree, or Elastic Beanstalk's own directories. */
const appPath =
  /^(?:\.|(?:\.\/)?\*\*?(?:\/\*)?|\.\/|\$\{\{ *github\.workspace *\}\}\/?|(?:\.\/)?\.(?:platform|ebextensions)\b.*)$/;

/** A workflow that deploys one file as it is, such as a compose file: nothing else is in the bundle then. */
function readSinglePackages(file: string, text: string): CiBundle[] {
  const [found, name] =
    /^\s*deployment_package:\s*["']?([\w./-]+\.(?:json|ya?ml))["']?\s*(?:#.*)?$/m.exec(text) ?? [];
  if (found === undefined || name === undefined) return [];
  return [
    {
      file,
      line: lineOf(text, text.indexOf(found) + found.search(/\S/)),
      maker: `deployment_package, which is ${name} alone,`,
      certain: true,
      leavesOut: (path) => path !== name,
      fix: (top) => `deploy an archive whose root holds ${top} beside that file`,
    },
  ];
}

/** Ways to hand an archive over: the API, and the actions and orbs around it. */
const handsOver =
  /create-application-version|beanstalk-deploy|deployment_package|source-bundle|application-version|provider:\s*elasticbeanstalk/i;

/** What a `zip` command with plain names packs: the shell's `*` matches no name that begins with a dot. Only where the file
 * changes no directory, and names the archive again, as it must to deploy it. */
function readZips(file: string, source: string): CiBundle[] {
  if (!handsOver.test(source) || /\b(?:cd|pushd)\s|working-directory|dotglob/.test(source)) return [];
  const text = expandVariables(source);
  const commands = [...text.matchAll(zipCommand)];
  return commands.flatMap(({ 0: command, 1: archive = '', 2: inputs = '', 3: left = '', index }) => {
    const words = inputs.trim().split(/\s+/);
    const excluded = (left.match(/[^\s"']+/g) ?? []).map(zipPattern);
    const plain = words.every((word) => /^(?:\.\/?|(?:\.\/)?\*|\.?\w[\w./-]*)$/.test(word));
    const isBundle = words.some((word) =>
      /^(?:\.\/?$|(?:\.\/)?\*|Dockerrun|Procfile|docker-compose|\.ebextensions)/.test(word),
    );
    const several = commands.filter((other) => other[1] === archive).length > 1;
    if (!plain || !isBundle || several || text.split(baseName(archive)).length < 3) return [];
    const packs = (path: string) =>
      words.some((word) =>
        word.endsWith('*')
          ? !path.startsWith('.')
          : /^\.\/?$/.test(word) || `${path}/`.startsWith(`${word}/`),
      );
    return [
      {
        file,
        line: lineOf(text, index + command.search(/\S/)),
        maker: `'zip … ${inputs.trim()}${left === '' ? '' : ` -x ${left.trim()}`}' in ${file}`,
        certain: true,
        // A name that stands anywhere else may be added to the archive there.
        leavesOut: (path: string) =>
          excluded.some((pattern) => pattern.test(path)) ||
          !(packs(path) || text.includes(path.split('/')[0] ?? path)),
        fix: (top: string) => `add ${top} to what the command packs, such as: zip -r app.zip . -x '.git/*'`,
      },
    ];
  });
}

/** The text with the plain values of variables that a buildspec or a workflow declares for all of its commands. */
function expandVariables(text: string): string {
  const { value } = readYaml(text);
  const declared = entriesOf(at(value, 'env', 'variables') ?? member(value, 'env')).filter(
    ({ key, value }) =>
      /^\w+$/.test(key) && /^[\w./-]+$/.test(textOf(value) ?? '') && !new RegExp(`\\b${key}=`).test(text),
  );
  const values = new Map(declared.map(({ key, value }) => [key, textOf(value)]));
  return text.replace(
    /\$\{\{ *env\.(\w+) *\}\}|\$\{(\w+)\}|\$(\w+)/g,
    (whole, ...names: (string | undefined)[]) => values.get(names[0] ?? names[1] ?? names[2] ?? '') ?? whole,
  );
}

const zipCommand =
  /^(?!\s*#).*?(?:^|[\s;&|("'])zip(?: +-\w+)* +([\w./-]+\.zip) +([^;&|)#"'\n]*?)(?: +-x ?([^;&|)#\n]*).*|["']?,?\s*|[;&|)#].*)$/gm;

/** Info-ZIP's own patterns: `*` crosses slashes. */
const zipPattern = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/^\.\//, '')
      .replace(/[.+^${}()|[\]\\?]/g, '\\$&')
      .replace(/\*+/g, '.*')}$`,
  );

const lineOf = (text: string, index: number): number => text.slice(0, index).split('\n').length;
