import type { Evidence, Platform } from '../project.ts';
import { type Claim, decisive, localCompose } from './platform-claim.ts';
import type { Generation, Language } from './platform-name.ts';

/** The platform the app is deployed to, with every reason for it and against it. */
export interface PlatformVerdict {
  readonly platform: Platform;
  readonly language: Language | null;
  readonly generation: Generation;
  /** What says so; null where nothing does. */
  readonly generationFrom: { readonly file: string; readonly line: number | null } | null;
  /** Whether something named the platform, rather than a file that merely goes with it. */
  readonly certain: boolean;
  readonly evidence: readonly Evidence[];
}

/** Weighs the claims: what names a platform counts in full, what merely goes with it at most as a tie-break. */
export function weighClaims(claims: readonly Claim[]): PlatformVerdict {
  const platforms = [...new Set(claims.map(({ platform }) => platform))];
  const [best] = platforms
    .map((platform) => ({ platform, score: score(claims.filter((claim) => claim.platform === platform)) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
  if (best === undefined) {
    return {
      platform: 'unknown',
      language: null,
      generation: 'unknown',
      generationFrom: null,
      certain: false,
      evidence: [],
    };
  }
  const platform = settleDocker(best.platform, claims);
  const family = (claim: Claim) => inFamily(claim.platform, platform);
  const supporting = claims.filter(family).toSorted((a, b) => b.weight - a.weight);
  const [first] = supporting;
  const dated = supporting.find(({ generation }) => generation !== 'unknown');
  return {
    platform,
    language: platform === 'other' ? (first?.language ?? null) : null,
    generation: dated?.generation ?? 'unknown',
    generationFrom: dated === undefined ? null : { file: dated.file, line: dated.line },
    certain: (first?.weight ?? 0) >= decisive,
    evidence: [
      ...supporting.map((claim) => evidence(platform, claim.because, claim)),
      ...claims
        .filter((claim) => !family(claim) && claim.weight > 10)
        .map((claim) =>
          evidence(platform, `${claim.because}, which speaks for ${claim.platform} but weighs less`, claim),
        ),
    ],
  };
}

/** The strongest of what names the platform, plus a capped sum of the rest. */
function score(claims: readonly Claim[]): number {
  const strongest = Math.max(
    0,
    ...claims.filter(({ weight }) => weight >= decisive).map(({ weight }) => weight),
  );
  const rest = claims.filter(({ weight }) => weight < decisive).reduce((sum, { weight }) => sum + weight, 0);
  return strongest * 2 + Math.min(decisive - 1, rest);
}

/** The Docker platform starts a docker-compose.yml of the bundle's root before anything else; Dockerrun version 2 is for ECS.
 * Amazon Linux 1 knew no compose, and a compose file for developers beside a Dockerrun file is none of the deployment's. */
function settleDocker(platform: Claim['platform'], claims: readonly Claim[]): Claim['platform'] {
  if (platform !== 'docker') return platform;
  const compose = claims.find((claim) => claim.platform === 'compose' && claim.weight > 0);
  if (compose === undefined || claims.some(({ generation }) => generation === 'al1')) return 'docker';
  const dockerrun = claims.some(({ platform, file }) => platform === 'docker' && /^Dockerrun/i.test(file));
  return dockerrun && compose.weight === localCompose ? 'docker' : 'compose';
}

/** What names Docker speaks for compose too: they are one platform of Elastic Beanstalk. */
function inFamily(claimed: Claim['platform'], platform: Claim['platform']): boolean {
  return claimed === platform || (platform === 'compose' && claimed === 'docker');
}

function evidence(conclusion: Platform, because: string, { file, line }: Claim): Evidence {
  return { conclusion, because, file, line };
}
