import {
  confighookPath,
  ebextensionPath,
  gitattributesPath,
  hookPath,
  verifierConfighookPath,
  verifierPath,
} from '../generated-paths.ts';
import { readTemplate } from '../templates.ts';
import type { Choices } from './choices.ts';
import { hookSettings, renderSettingsBlock, verifierSettings } from './settings-block.ts';
import { sign } from './signature.ts';

/** A file that eb-hosts owns whole. */
export interface GeneratedFile {
  /** Relative to the app root, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly executable: boolean;
}

/** The files for `choices`, in the order in which they are shown.
 * @param options.version of this package, written into each file
 * @param options.pathDefinedElsewhere the user's own `.ebextensions` set the path: no second definition is made */
export function renderFiles(
  choices: Choices,
  options: { version: string; pathDefinedElsewhere?: boolean },
): GeneratedFile[] {
  const script = (path: string, text: string): GeneratedFile => ({
    path,
    text: sign(text, options.version),
    executable: true,
  });
  const data = (path: string, text: string): GeneratedFile => ({ ...script(path, text), executable: false });

  const files = [
    script(hookPath, composeHook('predeploy.sh', choices, hookSettings)),
    script(confighookPath, renderConfighook('predeploy/10_eb_hosts.sh')),
  ];
  if (choices.verify !== 'off') {
    files.push(
      script(verifierPath, composeHook('verify.sh', choices, verifierSettings)),
      script(verifierConfighookPath, renderConfighook('postdeploy/10_eb_hosts_verify.sh')),
    );
  }
  files.push(data(gitattributesPath, readTemplate('gitattributes')));
  if (choices.healthCheckPath !== null && options.pathDefinedElsewhere !== true) {
    files.push(data(ebextensionPath, renderEbextension(choices)));
  }
  return files;
}

function composeHook(template: string, choices: Choices, settings: readonly string[]): string {
  return readTemplate(template)
    .replace(/^# @include (\w+)@\n/gm, (_, part: string) => readPart(part))
    .replace('# @settings@', () => renderSettingsBlock(choices, settings));
}

function readPart(part: string): string {
  // Directives for shellcheck that are only allowed at the top of a file.
  return readTemplate(`parts/${part}.sh`).replace(/^(?:# shellcheck .*\n)+/, '');
}

function renderConfighook(hook: string): string {
  return readTemplate('confighook.sh').replace('@hook@', () => hook);
}

/** Strings are written as JSON, which YAML 1.1 reads the same. */
function renderEbextension(choices: Choices): string {
  const lines = [
    `  aws:elasticbeanstalk:environment:process:${choices.process}:`,
    `    HealthCheckPath: ${JSON.stringify(choices.healthCheckPath)}`,
  ];
  if (choices.matcher !== null) lines.push(`    MatcherHTTPCode: ${JSON.stringify(choices.matcher)}`);
  return readTemplate('eb-hosts.config').replace('# @options@', () => lines.join('\n'));
}
