/** The hook that writes the address before the app starts; its head is the memory of `init`. */
export const hookPath = '.platform/hooks/predeploy/10_eb_hosts.sh';

/** The check of the outcome. */
export const verifierPath = '.platform/hooks/postdeploy/10_eb_hosts_verify.sh';

/** Run the two above in configuration updates. */
export const confighookPath = '.platform/confighooks/predeploy/10_eb_hosts.sh';
export const verifierConfighookPath = '.platform/confighooks/postdeploy/10_eb_hosts_verify.sh';

export const ebextensionPath = '.ebextensions/eb-hosts.config';

/** The generated files that an instance executes. */
export const generatedHooks: readonly string[] = [
  hookPath,
  verifierPath,
  confighookPath,
  verifierConfighookPath,
];

/** Every file that `init` can generate, relative to the app root. */
export const generatedPaths: readonly string[] = [...generatedHooks, ebextensionPath];

/** Where the hook keeps the list on an instance. */
export const hostsDirectory = '/var/lib/eb-hosts';

/** The name of the list there. */
export const hostsFileName = 'hosts.env';

/** A line of POSIX shell that puts the list into the environment of what is started next; where there is no list, nothing.
 * @param directory where the list's directory is mounted */
export function loadHostsFile(directory: string): string {
  const file = `${directory}/${hostsFileName}`;
  return `set -a; [ ! -r ${file} ] || . ${file}`;
}
