import { type Finding, finding } from '../../findings.ts';
import { generatedHooks, hookPath } from '../../generated-paths.ts';
import { below } from '../paths.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Check, Survey } from '../survey.ts';

/** A piece of shell that runs on the instance: a hook of the user's, a command, a file that `.ebextensions` write. */
interface Script {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** `hook-writes-same-variable`: other people's ways to do what the hook does. */
export const checkRivals: Check = (survey) => {
  const { app, platform } = survey;
  return scriptsWithVariable(survey).flatMap(({ file, line, text }): Finding[] => {
    const variable = variableOf(survey);
    const told = (message: string, fix: string) => [
      finding('warning', 'hook-writes-same-variable', { file, line }, message, fix),
    ];
    if (/deployment\/env(?![.\w-])/.test(text) && !['docker', 'compose', 'ecs'].includes(platform.platform)) {
      return told(
        `${variable} does not last in this file: the engine writes /opt/elasticbeanstalk/deployment/env anew, so nothing added there reaches the app`,
        'leave the host list to the hook of eb-hosts init, and remove this line',
      );
    }
    if (app.has(hookPath)) {
      return told(
        `this sets ${variable} too: whichever runs last wins, and names that sort after 10_eb_hosts run after it`,
        'remove it, or give eb-hosts another variable: --var NAME',
      );
    }
    const [, step] = /^\.platform\/hooks\/(\w+)\//.exec(file) ?? [];
    if (step === undefined || below(app.paths, `.platform/confighooks/${step}`).length > 0) return [];
    return told(
      `${variable} is gone after the next change of an environment property: configuration updates run .platform/confighooks only`,
      `make a copy of it: ${file.replace('/hooks/', '/confighooks/')}`,
    );
  });
};

/** Whether a script of the user's puts the instance's address into the variable, in a place that lasts. */
export function writesAddress(survey: Survey): boolean {
  const lasting = scriptsWithVariable(survey).filter(({ text }) => !/deployment\/env(?![.\w-])/.test(text));
  return lasting.some(({ script }) =>
    /169\.254\.169\.254|ec2-metadata|hostname -[iI]|ip (?:-\d )?(?:a|addr|route)\b/.test(script),
  );
}

/** The variable that the hook fills; without a hook the one that the app reads, or that `eb-hosts` proposes where it reads none, or has no list at all. */
export function variableOf({ app, reading }: Survey): string {
  const chosen = rememberedFlag(app, 'var');
  if (chosen !== undefined) return chosen;
  const [setting] = reading.settings;
  return setting === undefined ? 'ALLOWED_HOSTS' : (setting.variable ?? 'EB_HOSTS');
}

/** What a flag said in the command that the head of the hook holds. */
export function rememberedFlag(app: Snapshot, flag: string): string | undefined {
  return new RegExp(`^#.* --${flag} '?([\\w-]+)`, 'm').exec(app.text(hookPath) ?? '')?.[1];
}

/** The lines that set the variable in a file of the environment. */
function scriptsWithVariable(survey: Survey): (Script & { readonly script: string })[] {
  const assigns = new RegExp(`(?<![\\w$])${variableOf(survey)}=`);
  return scriptsOf(survey).flatMap(({ file, line, text }) => {
    if (!/env\.list|\.env\b|deployment\/env|setenv/.test(text)) return [];
    const lines = text.split('\n');
    const index = lines.findIndex(
      (one) => assigns.test(one) && !/^\s*#/.test(one) && !readsProperty.test(one),
    );
    return index === -1 ? [] : [{ file, line: line + index, text: lines[index] ?? '', script: text }];
  });
}

/** A line that only reads a property into a shell variable. */
const readsProperty = /^\s*(?:export\s+|local\s+)?\w+=["']?(?:\$\(|`)[^)`]*\bget-config\b[^|]*$/;

function scriptsOf({ app, ebextensions: { commands, writtenFiles } }: Survey): Script[] {
  const hooks = below(app.paths, '.platform').filter(
    (path) => /^\.platform\/(?:hooks|confighooks)\/\w+\//.test(path) && !generatedHooks.includes(path),
  );
  return [
    ...hooks.map((path) => ({ file: path, line: 1, text: app.text(path) ?? '' })),
    ...commands.map(({ file, line, command }) => ({ file, line, text: command })),
    ...writtenFiles.map(({ file, contentLine, content }) => ({ file, line: contentLine, text: content })),
  ];
}
