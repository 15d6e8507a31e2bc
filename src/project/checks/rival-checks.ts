import { type Finding, finding } from '../../findings.ts';
import { generatedHooks } from '../../generated-paths.ts';
import { below } from '../paths.ts';
import type { Survey } from '../survey.ts';
import type { Check } from './check.ts';
import { shellLines } from './shell-lines.ts';
import { variableOf } from './wiring-checks.ts';

/** A piece of shell that runs on the instance: a hook of the user's, a command, a file that `.ebextensions` write. */
interface Script {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** Other people's ways to do what the hook does: they fight with it, or do not work. */
export const checkRivals: Check = (survey) => {
  const scripts = [...hookScripts(survey), ...commandScripts(survey)];
  return [...editsOfEnvironment(scripts, survey), ...sameVariable(scripts, survey)];
};

function hookScripts({ app }: Survey): Script[] {
  const own: readonly string[] = generatedHooks;
  return below(app.paths, '.platform')
    .filter((path) => /^\.platform\/(?:hooks|confighooks)\/\w+\//.test(path) && !own.includes(path))
    .map((path) => ({ file: path, line: 1, text: app.text(path) ?? '' }));
}

function commandScripts({ ebextensions: { commands, writtenFiles } }: Survey): Script[] {
  return [
    ...commands.map(({ file, line, command }) => ({ file, line, text: command })),
    ...writtenFiles.map(({ file, line, content }) => ({ file, line, text: content })),
  ];
}

function linesOf({ text, line }: Script): { line: number; text: string }[] {
  return shellLines(text).map(({ index, text }) => ({ line: line + index, text }));
}

/** `>>`, `tee -a`, `sed -i` on a file. */
const writesTo = (path: string) =>
  new RegExp(`(?:>>?\\s*|\\btee\\s+(?:-a\\s+)?|\\bsed\\s+-i[^|;&]*\\s)["']?\\S*${path}(?![.\\w-])`);

const engineFile = '/opt/elasticbeanstalk/deployment/env';

function editsOfEnvironment(scripts: readonly Script[], { platform }: Survey): Finding[] {
  const docker = ['docker', 'compose', 'ecs'].includes(platform.platform);
  return scripts.flatMap((script) => {
    const hit = linesOf(script).find(({ text }) => writesTo('deployment/env').test(text));
    if (hit === undefined) return [];
    const why = docker
      ? 'containers are started from env.list or .env, not from this file'
      : `the engine writes ${engineFile} anew after the predeploy hooks, so nothing added there reaches the app`;
    return [
      finding(
        'warning',
        'hook-edits-environment-file',
        { file: script.file, line: hit.line },
        `this edit does not last: ${why}`,
        'leave the host list to the hook of eb-hosts init, and remove this line',
      ),
    ];
  });
}

function sameVariable(scripts: readonly Script[], survey: Survey): Finding[] {
  const variable = variableOf(survey);
  const assigns = new RegExp(`(?<![\\w$])${variable}=`);
  return scripts.flatMap((script) => {
    const hit = linesOf(script).find(
      ({ text }) =>
        assigns.test(text) && /env\.list|\.env\b|deployment\/env|environment\b|setenv/.test(script.text),
    );
    if (hit === undefined) return [];
    return [
      finding(
        'warning',
        'hook-writes-same-variable',
        { file: script.file, line: hit.line },
        `this sets ${variable} too: whichever runs last wins, and names that sort after 10_eb_hosts run after it`,
        'remove it, or give eb-hosts another variable: --var NAME',
      ),
    ];
  });
}
