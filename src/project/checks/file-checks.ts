import { type Finding, finding } from '../../findings.ts';
import { baseName, landmarks } from '../paths.ts';
import type { FileProblem, Snapshot } from '../snapshot.ts';
import type { Check } from './check.ts';

/** The files whose text decides something here, by name. `.ebextensions` have a finding of their own. */
const decisiveNames = new Set([
  'Procfile',
  'Dockerfile',
  'Dockerrun.aws.json',
  'docker-compose.yml',
  '.ebignore',
  'config.yml',
  'manage.py',
  'wsgi.py',
  'asgi.py',
  'settings.py',
]);

function isDecisive(path: string): boolean {
  return (
    decisiveNames.has(baseName(path)) ||
    path.startsWith('.platform/') ||
    (path.endsWith('.py') && path.includes('settings/'))
  );
}

const words: Record<Exclude<FileProblem, 'missing'>, string> = {
  binary: 'it holds zero bytes, as binary files do',
  'too-large': 'it is larger than 2 MiB',
  'not-utf-8': 'it is not UTF-8',
  unreadable: 'it may not be read, is no regular file, or is a link that leads out of the repository',
};

/** Files that would have told something, had they been readable. */
export const checkFiles: Check = ({ app }) => {
  const decisive = landmarks(app.paths).filter(isDecisive).slice(0, 500);
  return [...unreadableFiles(app, decisive), ...absentFiles(app, decisive)];
};

function unreadableFiles(app: Snapshot, decisive: readonly string[]): Finding[] {
  return decisive.flatMap((file) => {
    const problem = app.problem(file);
    if (problem === undefined || problem === 'missing') return [];
    return [
      finding(
        'warning',
        'file-passed-over',
        { file, line: null },
        `this file was not looked at: ${words[problem]}`,
        problem === 'not-utf-8'
          ? 'save it as UTF-8'
          : 'make it readable, or leave it out if it is none of the app',
      ),
    ];
  });
}

/** Tracked, but not on the disk. Of hooks, those that are not committed as on the disk have a finding of their own. */
function absentFiles(app: Snapshot, decisive: readonly string[]): Finding[] {
  const [file, ...others] = decisive.filter(
    (path) =>
      !path.startsWith('.platform/') &&
      app.problem(path) === 'missing' &&
      app.linkTarget(path) === undefined &&
      app.git?.entry(path) !== undefined,
  );
  if (file === undefined) return [];
  const more = others.length === 0 ? 'is' : `and ${others.length} more are`;
  return [
    finding(
      'warning',
      'file-passed-over',
      { file, line: null },
      `${file} ${more} committed, but not on the disk (a sparse checkout, or deleted): not read here, and yet in the bundle that eb deploy packs`,
      `git sparse-checkout disable, or commit what is deleted`,
    ),
  ];
}
