import type { Platform } from '../project.ts';

/** The system below an Elastic Beanstalk platform; `unknown` where the name does not say. */
export type Generation = 'al2023' | 'al2' | 'al1' | 'windows' | 'unknown';

export interface PlatformName {
  readonly platform: Exclude<Platform, 'unknown'>;
  /** What runs on a platform that is neither Python nor Docker. */
  readonly language: Language | null;
  readonly generation: Generation;
}

export type Language =
  | 'ruby'
  | 'node'
  | 'php'
  | 'go'
  | 'java'
  | 'tomcat'
  | 'dotnet'
  | 'dotnet-windows'
  | 'cluster';

/** The first pattern that matches decides: `Multi-container Docker` is ECS, `Tomcat 8.5 with Java 8` is Tomcat. */
const names: readonly (readonly [RegExp, PlatformName['platform'], Language | null])[] = [
  [/preconfigured/, 'docker', null],
  [/\becs\b|multi ?container docker/, 'ecs', null],
  [/\bdocker\b/, 'docker', null],
  [/\bpython\b/, 'python', null],
  [/\biis\b|windows server/, 'other', 'dotnet-windows'],
  [/\bruby\b|\bpassenger\b|\bpuma\b/, 'other', 'ruby'],
  [/\bnode(?:\.?js)?\b/, 'other', 'node'],
  [/\bphp\b/, 'other', 'php'],
  [/\bgo(?:lang)?\b/, 'other', 'go'],
  [/\btomcat\b|\bglassfish\b/, 'other', 'tomcat'],
  [/\bjava\b|\bcorretto\b/, 'other', 'java'],
  [/\.net\b|\bdotnet\b/, 'other', 'dotnet'],
  [/^cluster$/, 'other', 'cluster'],
];

/** Reads an Elastic Beanstalk platform's name in any of its spellings: `python-3.8`, `Python 3.11 running on 64bit Amazon
 * Linux 2023`, `64bit Amazon Linux 2 v3.3.9 running Python 3.8`, `arn:aws:elasticbeanstalk:…:platform/Docker running on …`. */
export function readPlatformName(name: string): PlatformName | undefined {
  const words = name.toLowerCase().replace(/[_-]+/g, ' ');
  const found = names.find(([pattern]) => pattern.test(words));
  if (found === undefined) return undefined;
  const [, platform, language] = found;
  return { platform, language, generation: language === 'dotnet-windows' ? 'windows' : generationOf(words) };
}

function generationOf(words: string): Generation {
  if (/amazon linux 2023|\bal2023\b/.test(words)) return 'al2023';
  if (/amazon linux 20(?:0\d|1\d)\.\d/.test(words)) return 'al1';
  if (/amazon linux 2(?!\d)/.test(words)) return 'al2';
  return /amazon linux(?! ?\d)/.test(words) ? 'al1' : 'unknown';
}
