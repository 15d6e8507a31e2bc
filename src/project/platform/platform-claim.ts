import type { Platform } from '../project.ts';
import type { Generation, Language, PlatformName } from './platform-name.ts';

/** One reason to think the app runs on a platform. */
export interface Claim {
  readonly platform: Exclude<Platform, 'unknown'>;
  readonly language: Language | null;
  readonly generation: Generation;
  readonly weight: number;
  readonly because: string;
  readonly file: string;
  readonly line: number | null;
}

/** From here on a claim names the platform itself; below, it is a file that goes with it. */
export const decisive = 60;

/** The weight of a compose file for developers' machines. */
export const localCompose = 15;

/** A claim for the platform of that name. */
export function claim(
  { platform, language, generation }: Pick<Claim, 'platform' | 'language' | 'generation'>,
  weight: number,
  because: string,
  file: string,
  line: number | null,
): Claim {
  return { platform, language, generation, weight, because, file, line };
}

/** A platform without a version. */
export function bare(platform: PlatformName['platform'], language: Language | null = null): PlatformName {
  return { platform, language, generation: 'unknown' };
}
