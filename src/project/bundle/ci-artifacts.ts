import { at, itemsOf, member, readYaml, textOf, type Yaml } from '../yaml.ts';
import type { ScriptVariables } from './script-variables.ts';
import type { ZipCommand } from './zip-command.ts';

/** The steps of a GitHub workflow that zip by the action `thedoctor0/zip-release`, as the command it runs:
 * `zip -r FILENAME PATH -x EXCLUSIONS`. */
export function readZipActions(text: string, variables: ScriptVariables): ZipCommand[] {
  if (!text.includes('zip-release@')) return [];
  const { value } = readYaml(text);
  const jobs = member(value, 'jobs');
  const steps =
    jobs?.kind === 'map' ? jobs.entries.flatMap((job) => itemsOf(member(job.value, 'steps'))) : [];
  return steps.flatMap((step) => {
    if (!/zip-release@/.test(textOf(member(step, 'uses')) ?? '')) return [];
    const input = (name: string) => {
      const written = textOf(at(step, 'with', name));
      return written === undefined ? undefined : variables.expand(written, step.line);
    };
    return [
      {
        packer: 'action' as const,
        line: step.line,
        inAppRoot: input('directory') === undefined,
        archive: input('filename') ?? 'release.zip',
        inputs: (input('path') ?? '.').split(/\s+/),
        excluded: (input('exclusions') ?? '').split(/\s+/).filter((pattern) => pattern !== ''),
        included: [],
      },
    ];
  });
}

/** What AWS CodeBuild hands on to the deployment: `artifacts.files` of a buildspec. */
export function readArtifacts(file: string, text: string): ZipCommand[] {
  if (!/(?:^|\/)buildspec[\w.-]*\.ya?ml$/.test(file)) return [];
  const artifacts = member(readYaml(text).value, 'artifacts');
  const files = itemsOf(member(artifacts, 'files'));
  if (files.length === 0) return [];
  return [
    {
      packer: 'artifacts',
      line: files[0]?.line ?? 1,
      inAppRoot: member(artifacts, 'base-directory') === undefined,
      archive: 'the artifact of CodeBuild',
      inputs: files.map(asInput),
      excluded: itemsOf(member(artifacts, 'exclude-paths')).map((path) => textOf(path) ?? ''),
      included: [],
    },
  ];
}

/** `**` matches every name there, dots at the beginning included. */
function asInput(file: Yaml): string {
  return (textOf(file) ?? '').replace(/\/?\*\*(?:\/\*)?$/, '') || '.';
}

/** A workflow that deploys one file as it is, such as a compose file: nothing else is in the bundle then. */
export function readSinglePackages(text: string, variables: ScriptVariables): ZipCommand[] {
  const lines = text.split('\n');
  return lines.flatMap((written, index) => {
    if (!/^\s*deployment_package:/.test(written)) return [];
    const text = variables.expand(written, index + 1);
    const file = /^\s*deployment_package:\s*["']?([\w./-]+\.(?:json|ya?ml))["']?\s*(?:#.*)?$/.exec(text)?.[1];
    if (file === undefined) return [];
    const archive = `the bundle, which is ${file} alone`;
    return [
      {
        packer: 'single-file' as const,
        line: index + 1,
        inAppRoot: true,
        archive,
        inputs: [file],
        excluded: [],
        included: [],
      },
    ];
  });
}
