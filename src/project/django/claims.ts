import type { Finding } from '../../findings.ts';
import type { Evidence } from '../project.ts';
import type { DeploymentValue } from './deployment.ts';

/** A settings module by its dotted name, and who names it. The more weight, the closer to what really runs. */
export interface Claim {
  readonly module: string;
  readonly path: string | undefined;
  readonly by: DeploymentValue;
  readonly weight: 'deployment' | 'entry' | 'tool';
}

/** Why a settings module was chosen, and what speaks for others. */
export function claimEvidence(path: string, claim: Claim | undefined, claims: readonly Claim[]): Evidence[] {
  const conclusion = `settings ${path}`;
  const evidence: Evidence[] = [];
  if (claim === undefined) {
    evidence.push({
      conclusion,
      because: 'no file names a settings module; this one looks like production',
      file: path,
      line: null,
    });
  } else if (claim.path === path) {
    evidence.push({
      conclusion,
      because: `${claim.by.file} names ${claim.module}`,
      file: claim.by.file,
      line: claim.by.line,
    });
  } else {
    const why = claim.path === undefined ? 'is not in the repository' : 'is not for production';
    const because = `${claim.by.file} names ${claim.module}, which ${why}, and this module stands beside it`;
    evidence.push({ conclusion, because, file: claim.by.file, line: claim.by.line });
  }
  for (const other of claims) {
    if (other.path === path || other === claim) continue;
    const state = other.path === undefined ? 'does not exist' : 'is named by a weaker source';
    evidence.push({
      conclusion,
      because: `${other.by.file} names ${other.module}, which ${state}`,
      file: other.by.file,
      line: other.by.line,
    });
  }
  return evidence;
}

/**
 * `settings-module-missing`: the deployment names a settings module that the repository does not hold.
 * `settings-module-guessed`: no file of the deployment names the module that was taken.
 */
export function claimFindings(path: string, claim: Claim | undefined, claims: readonly Claim[]): Finding[] {
  const missing = claims
    .filter((one) => one.weight === 'deployment' && one.path === undefined)
    .map(({ module, by }): Finding => {
      const message = `DJANGO_SETTINGS_MODULE names ${module}, which is not in the repository`;
      const fix = 'name a module that is deployed, or commit the one that is meant';
      return {
        code: 'settings-module-missing',
        severity: 'warning',
        file: by.file,
        line: by.line,
        message,
        fix,
      };
    });
  if (claim?.path === path) return missing;
  const message = `which settings govern production is guessed: ${path}`;
  const fix = 'set DJANGO_SETTINGS_MODULE as an environment property in .ebextensions';
  return [
    ...missing,
    { code: 'settings-module-guessed', severity: 'info', file: path, line: null, message, fix },
  ];
}
