/** Values of environment properties that were read. The service quotes them in events, causes and refusals. */
export type Secrets = Set<string>;

/** Remembers values, so that `redact` strikes them out.
 * @param known names of the environment, which may be shown although a property holds them */
export function learnSecrets(secrets: Secrets, values: readonly string[], known: readonly string[]): void {
  for (const value of values) {
    // `postgres://name:password@host` may be quoted in part.
    const password = /:\/\/[^\s/:@]*:([^\s/@]+)@/.exec(value)?.[1] ?? '';
    for (const text of [inOneLine(value), password]) {
      if (!isCommon(text) && !known.includes(text)) secrets.add(text);
    }
  }
}

/** One line of the service's, at most 600 characters, without secrets, account numbers and access keys. */
export function redact(text: string, secrets: Secrets): string {
  let line = inOneLine(text);
  for (const value of [...secrets].sort((a, b) => b.length - a.length)) {
    for (const form of new Set([value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)]))
      line = withoutForm(line, form);
  }
  // A signature error quotes the whole request.
  line = (withoutAccount(line) ?? '').replace(/\b(A[KS]IA)[A-Z0-9]{8,}/g, '$1…');
  return line.length > 600 ? `${line.slice(0, 599)}…` : line;
}

/** The text with a `*` for the account of every ARN (in a policy that means any), and of the service's own bucket. */
export function withoutAccount(text: string | undefined): string | undefined {
  return text
    ?.replace(/(\barn:[\w-]+:[\w-]*:[\w-]*:)\d{12}(?=:)/g, '$1*')
    .replace(/(\belasticbeanstalk-[a-z0-9-]+-)\d{12}\b/g, '$1*');
}

function inOneLine(text: string): string {
  return text.replace(/[\s\p{Cc}\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim();
}

/** A short value may be part of another word, so it is struck out only where it stands alone. */
function withoutForm(text: string, form: string): string {
  if (form.length >= 8) return text.replaceAll(form, '(hidden)');
  return text
    .split(form)
    .reduce((before, after) =>
      /[\w-]$/.test(before) || /^[\w-]/.test(after) ? before + form + after : `${before}(hidden)${after}`,
    );
}

/** Short values, numbers, switches and the service's own words are no secrets, and what is said needs them. */
function isCommon(value: string): boolean {
  return (
    value.length < 4 ||
    /^[\d.]{1,7}$|^(?:true|false|none|null)$/i.test(value) ||
    serviceTexts.includes(value.toLowerCase())
  );
}

/** Texts that this program looks for in what the service says. */
const serviceTexts = [
  'environment update completed successfully.',
  'successfully deployed new configuration to environment.',
  'failed to deploy configuration.',
  'failed to deploy application.',
  'the environment was reverted to the previous configuration setting.',
  'update environment operation is complete, but with errors.',
  'of the requests to the elb are erroring failing with http 4xx.',
  'insufficient request rate requests/min) to determine application health.',
  'elb health is failing or not available elb processes are not healthy on all target group unhealthy',
  'no environment found for environmentname in an invalid state for this operation. must be ready.',
  "user is not authorized to perform: elasticbeanstalk: on resource: arn:aws: you do not have permission to perform the '",
].join('\n');
