import type { Platform } from '../project.ts';

/** The system below an Elastic Beanstalk platform; `unknown` where the name does not say. */
export type Generation = 'al2023' | 'al2' | 'al1' | 'windows' | 'unknown';

export interface PlatformName {
  readonly platform: Exclude<Platform, 'unknown' | 'compose'>;
  /** The language of a platform that is neither Python nor Docker. */
  readonly language: Language | null;
  readonly generation: Generation;
}

export type Language = 'ruby' | 'node' | 'php' | 'go' | 'java' | 'tomcat' | 'dotnet' | 'dotnet-windows';

/** Reads an Elastic Beanstalk platform's name in any of its spellings: `python-3.8`, `Python 3.11 running on 64bit Amazon
 * Linux 2023`, `64bit Amazon Linux 2 v3.3.9 running Python 3.8`, `arn:aws:elasticbeanstalk:…:platform/Docker running on …`. */
export function readPlatformName(name: string): PlatformName | undefined {
  const words = name.toLowerCase().replace(/[_-]+/g, ' ');
  const generation = generationOf(words);
  const named = (platform: PlatformName['platform'], language: Language | null = null): PlatformName => ({
    platform,
    language,
    generation,
  });
  if (/preconfigured/.test(words)) return named('docker');
  if (/\becs\b|multi ?container docker/.test(words)) return named('ecs');
  if (/\bdocker\b/.test(words)) return named('docker');
  if (/\bpython\b/.test(words)) return named('python');
  if (/\biis\b|windows server/.test(words))
    return { ...named('other', 'dotnet-windows'), generation: 'windows' };
  if (/\bruby\b|\bpassenger\b|\bpuma\b/.test(words)) return named('other', 'ruby');
  if (/\bnode(?:\.?js)?\b/.test(words)) return named('other', 'node');
  if (/\bphp\b/.test(words)) return named('other', 'php');
  if (/\bgo(?:lang)?\b/.test(words)) return named('other', 'go');
  if (/\btomcat\b|\bglassfish\b/.test(words)) return named('other', 'tomcat');
  if (/\bjava\b|\bcorretto\b/.test(words)) return named('other', 'java');
  if (/\.net\b|\bdotnet\b/.test(words)) return named('other', 'dotnet');
  return undefined;
}

function generationOf(words: string): Generation {
  if (/amazon linux 2023|\bal2023\b/.test(words)) return 'al2023';
  if (/amazon linux 20(?:0\d|1\d)\.\d/.test(words)) return 'al1';
  if (/amazon linux 2(?!\d)/.test(words)) return 'al2';
  if (/amazon linux(?! ?\d)/.test(words)) return 'al1';
  return /windows/.test(words) ? 'windows' : 'unknown';
}
