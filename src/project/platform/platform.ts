import { type Finding, finding } from '../../findings.ts';
import type { Evidence, Platform } from '../project.ts';
import type { Generation, Language } from './platform-claims.ts';
import { type Claim, decisive, isLocalCompose } from './platform-claims.ts';

/** The platform the app is deployed to, with every reason for it and against it. */
export interface PlatformVerdict {
  readonly platform: Platform;
  readonly language: Language | null;
  readonly generation: Generation;
  /** What says so; null where nothing does. */
  readonly generationFrom: { readonly file: string; readonly line: number | null } | null;
  /** The strongest claim for another platform that is as strong as the strongest one for this; else null. */
  readonly rival: Claim | null;
  readonly evidence: readonly Evidence[];
}

/** Weighs the claims: what names a platform decides, what merely goes with one at most breaks a tie. */
export function weighClaims(claims: readonly Claim[]): PlatformVerdict {
  const ranked = [...new Set(claims.map(({ platform }) => platform))]
    .map((platform) => ({ platform, ...score(claims.filter((claim) => claim.platform === platform)) }))
    .sort((a, b) => b.strongest - a.strongest || b.rest - a.rest);
  const [best] = ranked;
  if (best === undefined) {
    return {
      platform: 'unknown',
      language: null,
      generation: 'unknown',
      generationFrom: null,
      rival: null,
      evidence: [],
    };
  }
  const platform = settleDocker(best.platform, claims);
  const isSame = (claimed: Claim['platform']) =>
    claimed === platform || (platform === 'compose' && claimed === 'docker');
  const supporting = claims.filter((claim) => isSame(claim.platform)).toSorted(byWeight);
  const opposing = claims.filter((claim) => !isSame(claim.platform)).toSorted(byWeight);
  const dated = supporting.find(({ generation }) => generation !== 'unknown');
  const tied = ranked.find((other) => family(other.platform) !== family(platform) && isTied(best, other));
  return {
    platform,
    language: platform === 'other' ? (supporting[0]?.language ?? null) : null,
    generation: dated?.generation ?? 'unknown',
    generationFrom: dated === undefined ? null : { file: dated.file, line: dated.line },
    rival: opposing.find((claim) => claim.platform === tied?.platform) ?? null,
    evidence: [
      ...supporting.map(({ because, file, line }) => ({ conclusion: platform, because, file, line })),
      ...opposing.map((claim) => ({
        conclusion: platform,
        because: `${claim.because}, which suggests ${nameOf(claim)} (weaker evidence)`,
        file: claim.file,
        line: claim.line,
      })),
    ],
  };
}

const byWeight = (a: Claim, b: Claim): number => b.weight - a.weight;

const nameOf = ({ platform, language }: Claim): string => language ?? platform;

/** Docker with and without a compose file is one platform of Elastic Beanstalk. */
const family = (platform: Platform): Platform => (platform === 'compose' ? 'docker' : platform);

interface Score {
  /** The weight of the strongest claim that names the platform; 0 without one. */
  readonly strongest: number;
  /** The sum of the others. */
  readonly rest: number;
}

function score(claims: readonly Claim[]): Score {
  const named = claims.filter(({ weight }) => weight >= decisive);
  const rest = claims.filter(({ weight }) => weight < decisive).reduce((sum, { weight }) => sum + weight, 0);
  return { strongest: Math.max(0, ...named.map(({ weight }) => weight)), rest };
}

/** Two that are named equally strongly; where none is named, two whose files weigh the same. */
function isTied(best: Score, other: Score): boolean {
  return best.strongest === other.strongest && (best.strongest > 0 || best.rest === other.rest);
}

/** The Docker platform starts a docker-compose.yml of the bundle's root before anything else; Dockerrun version 2 is for ECS.
 * Amazon Linux 1 knew no compose, and a compose file for developers beside a Dockerrun file is none of the deployment's. */
function settleDocker(platform: Claim['platform'], claims: readonly Claim[]): Claim['platform'] {
  if (platform !== 'docker') return platform;
  const compose = claims.find((claim) => claim.platform === 'compose');
  if (compose === undefined || claims.some(({ generation }) => generation === 'al1')) return 'docker';
  const dockerrun = claims.some((claim) => claim.platform === 'docker' && /^Dockerrun/i.test(claim.file));
  return dockerrun && isLocalCompose(compose) ? 'docker' : 'compose';
}

/** How the hook hands the list over, or why no hook can. */
export type ResolvedDelivery =
  | {
      readonly delivery: 'systemd' | 'env-list' | 'dotenv' | 'file';
      /** Another platform for which the evidence is as strong, and which needs another delivery. */
      readonly ambiguousWith: Platform | null;
    }
  | { readonly delivery: null; readonly reason: string };

/** The delivery of `--delivery auto`; null where the platform is unknown. */
export function resolveDelivery({ platform, language, rival }: PlatformVerdict): ResolvedDelivery | null {
  if (platform === 'unknown') return null;
  const reason = language === null ? undefined : withoutHooks[language];
  if (reason !== undefined) return { delivery: null, reason };
  const delivery = deliveries[platform];
  const other = rival === null ? delivery : deliveries[rival.platform];
  return { delivery, ambiguousWith: other === delivery ? null : (rival?.platform ?? null) };
}

const deliveries = {
  python: 'systemd',
  other: 'systemd',
  docker: 'env-list',
  compose: 'dotenv',
  ecs: 'file',
} as const;

const withoutHooks: Readonly<Partial<Record<Language, string>>> = {
  php: 'the PHP platform runs the app in php-fpm, not in a web.service whose environment a hook can extend',
  tomcat:
    'the Tomcat platform runs the app in tomcat.service, not in a web.service whose environment a hook can extend',
  'dotnet-windows': 'the platform runs Windows, and the hooks are shell scripts of the Linux platforms',
  cluster: 'Beanstalk Cluster runs the app in Kubernetes, which has no platform hooks',
};

/** Two platforms with equally strong evidence, each of which needs another hook. */
export function findAmbiguity(verdict: PlatformVerdict): Finding[] {
  const { platform, evidence, rival } = verdict;
  const resolved = resolveDelivery(verdict);
  if (rival === null || resolved?.delivery == null || resolved.ambiguousWith === null) return [];
  const [chosen] = evidence;
  return [
    finding(
      'warning',
      'platform-ambiguous',
      rival,
      `${rival.because}, which means ${nameOf(rival)}, but ${chosen?.because} in ${chosen?.file}, which means ${platform}`,
      `remove what is out of date, or choose: eb-hosts init --delivery ${resolved.delivery} (${platform}) or ${deliveries[rival.platform]} (${nameOf(rival)})`,
    ),
  ];
}
