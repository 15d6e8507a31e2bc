/** The comments around the lines that `init --settings patch` puts into a settings module. */
export const begin = '# eb-hosts: begin';
export const end = '# eb-hosts: end';

/** Whether a settings module holds such lines. */
export function isPatched(text: string): boolean {
  return text.includes(begin);
}
