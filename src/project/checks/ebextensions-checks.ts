import { type Finding, finding } from '../../findings.ts';
import { readDeployScripts } from '../deploy-scripts.ts';
import { below, topNames } from '../paths.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Check, Survey } from '../survey.ts';

/** `ebextensions-not-read`: configuration that Elastic Beanstalk passes over for its directory or its ending. */
export const checkEbExtensions: Check = (survey) => [
  ...misspeltDirectory(survey),
  ...wrongEndings(survey.app),
];

function misspeltDirectory({ app, whole }: Survey): Finding[] {
  const file = topNames(app.paths)
    .filter((name) => isMisspelt(name))
    .flatMap((name) => below(app.paths, name.slice(0, -1)))
    .find((path) => /^[^/]+\/[^/]+\.config$/.test(path));
  if (file === undefined) return [];
  const directory = file.slice(0, file.indexOf('/'));
  // A script may copy it to its place.
  if (readDeployScripts(whole).some(({ text }) => text.includes(directory))) return [];
  const message = `Elastic Beanstalk reads .ebextensions only: what lies in '${directory}' has no effect`;
  const fix = `git mv ${directory} .ebextensions`;
  return [finding('warning', 'ebextensions-not-read', { file, line: null }, message, fix)];
}

function isMisspelt(name: string): boolean {
  return name !== '.ebextensions/' && /^\W?eb[-_]?e?xten[st]\w*\/$/i.test(name);
}

const sectionLine = /^(?:option_settings|container_commands|commands|files|packages|Resources)\s*:/m;

function wrongEndings(app: Snapshot): Finding[] {
  return below(app.paths, '.ebextensions').flatMap((file) => {
    if (!/^\.ebextensions\/[^/]+\.(?:ya?ml|conf|cfg|configs?\.txt|confg|cofig)$/i.test(file)) return [];
    if (!sectionLine.test(app.text(file) ?? '')) return [];
    const message = 'Elastic Beanstalk reads only files that end in .config, and passes this one over';
    const fix = `git mv ${file} ${file.replace(/\.[^./]+$/, '.config')}`;
    return [finding('warning', 'ebextensions-not-read', { file, line: null }, message, fix)];
  });
}
