/** What the files of a repository show: bundle, hooks, `.ebextensions`, proxy, wiring. */
const repositoryCodes = [
  'app-root-above',
  'app-root-ambiguous',
  'bundle-artifact-unknown',
  'bundle-backslashes',
  'bundle-drops-ebextensions',
  'bundle-drops-hooks',
  'bundle-nested',
  'compose-env-committed',
  'compose-variable-not-passed',
  'ebextensions-invalid',
  'ebextensions-not-read',
  'ecs-volume-missing',
  'file-passed-over',
  'git-unusable',
  'health-check-namespace-mismatch',
  'health-path-defined-elsewhere',
  'health-path-invalid',
  'health-path-not-found',
  'hook-writes-same-variable',
  'hooks-missing',
  'hooks-uncommitted',
  'hosts-file-not-read',
  'ignore-health-check',
  'matcher-hides-400',
  'no-elastic-beanstalk',
  'nothing-to-do',
  'platform-ambiguous',
  'port-mismatch',
  'property-form',
  'proxy-changes-host',
  'proxy-refuses-check',
  'settings-uncommitted',
  'snapshot-truncated',
  'ssl-redirect-health-check',
] as const;

/** What the app's own settings show. */
const settingsCodes = [
  'append-slash',
  'dotenv-overrides',
  'exemption-too-late',
  'first-host-used',
  'health-check-login',
  'health-check-redirect',
  'health-middleware',
  'hosts-bad-entry',
  'hosts-default-wildcard',
  'hosts-empty',
  'hosts-file',
  'hosts-literal',
  'hosts-not-a-list',
  'hosts-own-address',
  'hosts-separator',
  'hosts-unknown',
  'hosts-wildcard',
  'settings-metadata',
  'settings-module-guessed',
  'settings-module-missing',
  'settings-not-found',
  'settings-unparsable',
  'tenant-middleware',
] as const;

/** What the generated files show, beside what was chosen. */
const installationCodes = [
  'choice-differs',
  'health-path-found',
  'hook-edited',
  'hook-settings-invalid',
  'hooks-incomplete',
  'hooks-outdated',
  'no-default-hosts',
  'settings-not-wired',
] as const;

/** What AWS says of an environment. */
const environmentCodes = [
  'env-check-refused',
  'env-cluster',
  'env-health-path-ignored',
  'env-health-path-masked',
  'env-health-unknown',
  'env-hosts-empty',
  'env-hosts-literal-address',
  'env-hosts-wildcard',
  'env-matcher-admits-400',
  'env-no-health-path',
  'env-platform-retired',
  'env-platform-windows',
  'env-region-unreadable',
  'env-unhealthy',
  'env-unreadable',
] as const;

/** Every code of a finding; docs/findings.md describes each. Add a new one to its area here and there. */
export const findingCodes = [
  ...repositoryCodes,
  ...settingsCodes,
  ...installationCodes,
  ...environmentCodes,
] as const;

export type FindingCode = (typeof findingCodes)[number];
