import { inOneLine, type Secrets } from './secrets.ts';

/** `text` with a `*` for the account of every ARN (in a policy that means any), and of the service's own bucket. */
export function withoutAccount(text: string | undefined): string | undefined {
  return text
    ?.replace(/(\barn:[\w-]+:[\w-]*:[\w-]*:)\d{12}(?=:)/g, '$1*')
    .replace(/(\belasticbeanstalk-[a-z0-9-]+-)\d{12}\b/g, '$1*');
}

/** One line of the service's, bounded, without what is known of secrets. */
export function told(text: string, secrets: Pick<Secrets, 'conceal'>): string {
  return oneLine(secrets.conceal(inOneLine(text)));
}

/** One line, bounded, without an account or an access key (a signature error quotes the whole request). */
function oneLine(text: string): string {
  const line = inOneLine(withoutAccount(text) ?? '').replace(/\b(A[KS]IA)[A-Z0-9]{8,}/g, '$1…');
  return line.length > 600 ? `${line.slice(0, 599)}…` : line;
}
