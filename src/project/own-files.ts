/** The hooks that `eb-hosts` generates; design: what `init` writes. */
export const ownHooks = {
  hook: '.platform/hooks/predeploy/10_eb_hosts.sh',
  verifier: '.platform/hooks/postdeploy/10_eb_hosts_verify.sh',
  configHook: '.platform/confighooks/predeploy/10_eb_hosts.sh',
  configVerifier: '.platform/confighooks/postdeploy/10_eb_hosts_verify.sh',
} as const;

/** The `.ebextensions` file that `eb-hosts` generates. */
export const ownConfig = '.ebextensions/eb-hosts.config';

/** Where the hook keeps the list that containers and apps read. */
export const hostsDirectory = '/var/lib/eb-hosts';
