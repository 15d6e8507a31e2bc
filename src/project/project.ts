import type { Finding } from '../findings.ts';

export const frameworks = [
  'django',
  'rails',
  'aspnet',
  'flask',
  'starlette',
  'symfony',
  'laravel',
  'generic',
] as const;
export type Framework = (typeof frameworks)[number];

export type Platform = 'python' | 'docker' | 'compose' | 'ecs' | 'other' | 'unknown';

export const separators = ['comma', 'space', 'semicolon', 'json', 'none'] as const;
/** How the app splits the variable; `none`: it holds one host only. */
export type Separator = (typeof separators)[number];

export const roles = ['whole-list', 'extra-hosts'] as const;
/** Whether the variable is the whole allow-list or is added to a list of the app's own. */
export type Role = (typeof roles)[number];

export type HostsSource = 'environment' | 'literal' | 'wildcard' | 'file' | 'secret' | 'metadata' | 'unknown';

/** One place where the app's allow-list comes from; part of the JSON contract. */
export interface HostsSetting {
  readonly file: string;
  readonly line: number;
  readonly source: HostsSource;
  readonly variable: string | null;
  /** Null when none of ours fits. */
  readonly separator: Separator | null;
  readonly role: Role | null;
  /** The hosts the app falls back to when the variable is unset; null if there is no default or it cannot be known. */
  readonly default: readonly string[] | null;
}

/** Why something was concluded: shown as `python: because …`. */
export interface Evidence {
  readonly conclusion: string;
  readonly because: string;
  readonly file: string | null;
  readonly line: number | null;
}

/** A health-check option that the user's own `.ebextensions` sets. */
export interface HealthCheckOption {
  readonly file: string;
  readonly line: number;
  readonly namespace: string;
  readonly option: string;
  readonly value: string;
}

/** What is known of the user's project; `settings[0]` is the one that governs production. */
export interface Project {
  readonly framework: Framework;
  readonly platform: Platform;
  /** How the hook hands the list over there; null where the platform is unknown or has no place for it. */
  readonly delivery: 'systemd' | 'env-list' | 'dotenv' | 'file' | null;
  /** Relative to the directory the command works in, with `/`; `.` if it is that directory. */
  readonly appRoot: string;
  readonly settings: readonly HostsSetting[];
  readonly evidence: readonly Evidence[];
  readonly healthCheckOptions: readonly HealthCheckOption[];
  /** The environment properties that `.ebextensions` set to something. */
  readonly properties: readonly string[];
  /** A health endpoint found in the urlconf, to be proposed. */
  readonly healthPath: string | null;
}

/** A project, and what is wrong with it. */
export interface JudgedProject extends Project {
  readonly findings: readonly Finding[];
}
