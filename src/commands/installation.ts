import { join } from 'node:path';
import { UserError } from '../errors.ts';
import type { Finding } from '../findings.ts';
import { hookPath } from '../generated-paths.ts';
import type { GivenChoices } from '../hooks/choices.ts';
import { choose } from '../hooks/choose.ts';
import { readRemembered, writeChoices } from '../hooks/flags.ts';
import { isNewer, readHead } from '../hooks/head.ts';
import { type FileChange, planFiles } from '../hooks/plan.ts';
import { renderFiles } from '../hooks/render.ts';
import { packageVersion } from '../package-root.ts';
import type { Project } from '../project/project.ts';
import { readExistingFiles } from './existing-files.ts';

/** What is wrong with the generated files of the app, as `init --check` would see them.
 * @param directory the absolute path of the directory the command works in */
export function checkInstallation(directory: string, project: Project): Finding[] {
  const { files: existing, linked } = readExistingFiles(join(directory, project.appRoot));
  const hook = existing.get(hookPath);
  if (hook === undefined) return [];
  let stored: GivenChoices;
  try {
    stored = readRemembered(hook.text, hookPath);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [badSettings(error)];
  }
  const version = packageVersion();
  const decision = choose(project, stored, {});
  const { pathDefinedElsewhere, choices } = decision;
  const generated = renderFiles(
    { ...choices, delivery: choices.delivery ?? 'systemd' },
    { version, pathDefinedElsewhere, command: writeChoices(decision.remembered) },
  ).filter(({ path }) => !linked.has(path));
  const changes = planFiles(generated, existing, { version, force: false });
  return [...drift(changes, version), ...decision.findings];
}

function badSettings(error: UserError): Finding {
  const line = /:(\d+):/.exec(error.message)?.[1];
  return {
    code: 'hook-settings-invalid',
    severity: 'error',
    file: hookPath,
    line: line === undefined ? null : Number(line),
    message: error.message,
    fix: error.hint ?? 'correct the command in the head of the hook',
  };
}

function drift(changes: readonly FileChange[], version: string): Finding[] {
  return changes.flatMap(({ path, action, reason, before }): Finding[] => {
    const place = { file: path, line: null };
    if (action === 'create') {
      return [
        {
          ...place,
          code: 'hooks-incomplete',
          severity: 'error',
          message:
            'this generated file is missing, so the address is not added, or not checked, in every kind of deployment',
          fix: 'eb-hosts init',
        },
      ];
    }
    if (action === 'update' || action === 'delete') {
      return [
        {
          ...place,
          code: 'hooks-outdated',
          severity: 'warning',
          message: 'this generated file is not what eb-hosts init would write now',
          fix: "eb-hosts init ('eb-hosts init --dry-run' shows the difference)",
        },
      ];
    }
    if (action !== 'conflict') return [];
    return [
      {
        ...place,
        code: 'hook-edited',
        severity: 'warning',
        message: `eb-hosts leaves this file alone: ${reason ?? 'it is not as it was generated'}`,
        fix: isNewer(readHead(before?.text ?? '')?.version ?? version, version)
          ? 'use that version: npx eb-hosts@latest'
          : 'move your own lines into another hook, then eb-hosts init --force',
      },
    ];
  });
}
