import { baseName, landmarks } from '../paths.ts';
import type { FileProblem } from '../snapshot.ts';
import { type Check, finding } from './check.ts';

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
export const checkFiles: Check = ({ app }) =>
  landmarks(app.paths)
    .filter(isDecisive)
    .slice(0, 500)
    .flatMap((file) => {
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
