import { below, landmarks, topNames } from '../paths.ts';
import type { Snapshot } from '../snapshot.ts';
import { type Claim, claim } from './platform-claim.ts';
import { readPlatformName } from './platform-name.ts';

/** How a platform's name stands in Terraform, CloudFormation, CDK, scripts. */
const stackNames: readonly RegExp[] = [
  /\bsolution_?stack(?:_?name)?["']?\s*[:=]\s*["']?([^"'\n#]*(?:running|Docker|Python)[^"'\n#]*)/i,
  /\bdefault_platform:\s*["']?([\w.][^"'\n#]*)/,
  /\beb\s+(?:init|create)\b[^\n]*?\s(?:-p|--platform)[= ]["']?((?:arn:)?[\w./:-]+(?: [\w.]+)*)/,
  /["'](64bit Amazon Linux [^"'\n]* running [^"'\n]+)["']/,
];

const endings = new Set(['tf', 'tfvars', 'yml', 'yaml', 'sh', 'json', 'ts', 'py', 'Makefile', 'md']);

/** Whether a file may name the platform: by its ending, and by what its path says of deployment. */
function mayName(path: string): boolean {
  if (!endings.has(path.slice(Math.max(path.lastIndexOf('.'), path.lastIndexOf('/')) + 1))) return false;
  if (
    !/\.(?:tf|tfvars|sh)$|^\.(?:github|circleci)\/|^[^/]+$|eb|beanstalk|deploy|infra|cloudformation|cdk/i.test(
      path,
    )
  )
    return false;
  return !/^\.(?:elasticbeanstalk|ebextensions)\/|(?:^|\/)package(?:-lock)?\.json$/.test(path);
}

/** What infrastructure code and scripts name: Terraform, CloudFormation, `eb init -p …`. */
export function claimFromStackNames(snapshot: Snapshot): Claim[] {
  // Code is read where it is infrastructure: a CDK app.
  const infrastructure = topNames(snapshot.paths).filter((name) =>
    /^[\w-]*(?:cdk|infra|deploy|beanstalk)[\w-]*\/$/i.test(name),
  );
  const code = infrastructure.flatMap((name) => below(snapshot.paths, name.slice(0, -1)));
  const files = [...new Set([...landmarks(snapshot.paths), ...code])].filter(mayName).slice(0, 300);
  const claims = files.flatMap((file) => {
    const text = snapshot.text(file);
    if (text === undefined || !/solution_?stack|running|default_platform|\beb\s+(?:init|create)/i.test(text))
      return [];
    for (const pattern of stackNames) {
      const match = pattern.exec(text);
      const platform = match?.[1] === undefined ? undefined : readPlatformName(match[1]);
      if (match?.[1] === undefined || platform === undefined) continue;
      const line = text.slice(0, match.index).split('\n').length;
      const documentation = /\.md$/i.test(file);
      return [claim(platform, documentation ? 30 : 70, `it names '${match[1].trim()}'`, file, line)];
    }
    return [];
  });
  return claims.slice(0, 5);
}
