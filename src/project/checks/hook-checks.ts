import { type Finding, finding } from '../../findings.ts';
import { generatedHooks } from '../../generated-paths.ts';
import { below, topNames } from '../paths.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Survey } from '../survey.ts';
import type { Check } from './check.ts';
import { shellLines } from './shell-lines.ts';

const executedPath = /^\.platform\/(hooks|confighooks)\/(prebuild|predeploy|postdeploy)\/([^/]+)$/;

/** The files that Elastic Beanstalk executes, ours and the user's. */
export const checkHooks: Check = (survey) => {
  const { app } = survey;
  const hooks = below(app.paths, '.platform').filter((path) => executedPath.test(path));
  return [
    ...hooks.flatMap((path) => checkFile(path, survey)),
    ...misplaced(app),
    ...missingConfigHooks(app, hooks),
    ...chmodForgetsConfigHooks(survey),
  ];
};

function checkFile(path: string, { app, bundle, platform }: Survey): Finding[] {
  // A symlink is packed as one; its target has findings of its own.
  if (app.git?.entry(path)?.mode === '120000' || app.linkTarget(path) !== undefined) return [];
  const found: Finding[] = [];
  if (!isExecutable(path, app, bundle.maker === 'git-archive')) {
    const recent = platform.generation === 'al2023';
    found.push(
      finding(
        recent ? 'info' : 'warning',
        'hook-not-executable',
        { file: path, line: null },
        'this hook has no executable bit; platform versions before 2022-04-29 fail with "permission denied" on it',
        app.git === null ? `chmod +x ${path}` : `git update-index --chmod=+x ${path}`,
      ),
    );
  }
  return [...found, ...checkText(path, app)];
}

function isExecutable(path: string, app: Snapshot, byGit: boolean): boolean {
  const mode = app.git?.entry(path)?.mode;
  if (byGit && mode !== undefined) return mode === '100755';
  // Windows has no such bit on the disk: git's index is all there is to ask.
  return app.executable(path) ?? (mode === undefined || mode === '100755');
}

function checkText(path: string, app: Snapshot): Finding[] {
  const text = app.text(path);
  if (text === undefined) return [];
  const at = (line: number) => ({ file: path, line });
  const carriageReturn = text.indexOf('\r\n');
  if (carriageReturn !== -1) {
    return [
      finding(
        'error',
        'hook-crlf',
        at(text.slice(0, carriageReturn).split('\n').length),
        'this hook has Windows line ends: its shebang then names no interpreter, and it fails with "no such file or directory"',
        "put '*.sh text eol=lf' into .platform/.gitattributes, convert the file to LF and commit it",
      ),
    ];
  }
  if (becomesCrlf(path, app)) {
    return [
      finding(
        'warning',
        'hook-crlf',
        at(1),
        'git turns the line ends of this hook into CRLF (.gitattributes or core.autocrlf) when it is checked out or packed',
        "put '*.sh text eol=lf' into .platform/.gitattributes",
      ),
    ];
  }
  if (text.startsWith('#!') || text.startsWith('\u007fELF')) return [];
  return [
    finding(
      'warning',
      'hook-without-shebang',
      at(1),
      'every file in this directory is executed, and this one has no shebang line to say by what',
      /\.(?:sh|bash)$/.test(path)
        ? "begin it with '#!/bin/bash'"
        : 'move it out of the directory if it is no hook',
    ),
  ];
}

/** Whether git itself gives that file CRLF. */
function becomesCrlf(path: string, { git }: Snapshot): boolean {
  if (git === null) return false;
  const eol = git.attribute(path, 'eol');
  if (eol !== undefined) return eol === 'crlf';
  return git.attribute(path, 'text') !== 'unset' && git.checksOutCrlf();
}

function misplaced(app: Snapshot): Finding[] {
  const directories = topNames(app.paths).filter((name) => /^\.?platforms?\/$/i.test(name));
  return directories
    .flatMap((name) => below(app.paths, name.slice(0, -1)))
    .flatMap((path) => {
      const right = rightPlace(path);
      if (right === undefined) return [];
      return [
        finding(
          'warning',
          'hook-misplaced',
          { file: path, line: null },
          'Elastic Beanstalk does not look for hooks there',
          `move it to ${right}`,
        ),
      ];
    });
}

function rightPlace(path: string): string | undefined {
  if (executedPath.test(path)) return undefined;
  const parts =
    /^\.?platforms?\/(hooks?|confighooks?|config_?hooks?)\/(?:(pre_?-?build|pre_?-?deploy|post_?-?deploy)\/)?([^/]+)$/i.exec(
      path,
    );
  if (parts === null || !/\.(?:sh|py|bash)$/.test(path)) return undefined;
  const kind = /config/i.test(parts[1] ?? '') ? 'confighooks' : 'hooks';
  const step = (parts[2] ?? 'predeploy').toLowerCase().replace(/[_-]/g, '');
  return `.platform/${kind}/${step}/${parts[3]}`;
}

/** What a hook changes on the host is undone by a configuration update, which runs the confighooks alone. */
const changesHost =
  /deployment\/env|env\.list|(?<!\$\{?\w*)ALLOWED_HOSTS|169\.254\.169\.254|\/etc\/nginx|systemctl\s+\w*\s*(?:web|nginx)|\/staging\/\.env/;

function missingConfigHooks(app: Snapshot, hooks: readonly string[]): Finding[] {
  const own: readonly string[] = generatedHooks;
  return hooks.flatMap((path) => {
    const [, kind, step, name] = executedPath.exec(path) ?? [];
    if (kind !== 'hooks' || step === 'prebuild' || own.includes(path)) return [];
    if (below(app.paths, `.platform/confighooks/${step}`).length > 0 || app.has('.platform/confighooks'))
      return [];
    if (!shellLines(app.text(path) ?? '').some(({ text }) => changesHost.test(text))) return [];
    return [
      finding(
        'warning',
        'confighooks-missing',
        { file: path, line: null },
        'what this hook changes is gone after the next change of an environment property: configuration updates run .platform/confighooks only',
        `make a copy of it: .platform/confighooks/${step}/${name}`,
      ),
    ];
  });
}

function chmodForgetsConfigHooks({ ebextensions }: Survey): Finding[] {
  return ebextensions.commands.flatMap(({ command, file, line }) => {
    if (!/\bchmod\b/.test(command) || !/\.platform\/hooks/.test(command) || /confighooks/.test(command))
      return [];
    return [
      finding(
        'info',
        'chmod-forgets-confighooks',
        { file, line },
        'this command makes .platform/hooks executable only, and no command runs in a configuration update',
        'commit the executable bit instead: git update-index --chmod=+x on each hook and confighook',
      ),
    ];
  });
}
