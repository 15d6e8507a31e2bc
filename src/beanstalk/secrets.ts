/** The values of environment properties that were read, so that they can be struck out of whatever the service says later:
 * an event, a cause or a refusal may quote them. They are told to nobody. */
export interface Secrets {
  /** Learns the values of a configuration's properties.
   * @param known what may be said although a property holds it: names of the environment */
  learn(values: readonly string[], known: readonly string[]): void;
  /** The text without them. */
  conceal(text: string): string;
}

export function newSecrets(): Secrets {
  const values = new Set<string>();
  return {
    learn: (learned, known) => {
      for (const value of learned) {
        for (const part of [value, ...passwordsIn(value)]) {
          const text = inOneLine(part);
          if (!isCommon(text) && !known.includes(text)) values.add(text);
        }
      }
    },
    conceal: (text) => {
      let concealed = text;
      for (const value of [...values].sort((a, b) => b.length - a.length)) {
        for (const form of new Set([value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)]))
          concealed = withoutForm(concealed, form);
      }
      return concealed;
    },
  };
}

/** Whitespace as it comes in what is printed. */
export function inOneLine(text: string): string {
  return text.replace(/[\s\p{Cc}\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim();
}

/** A short value may be a part of any word, a long one of none. */
function withoutForm(text: string, form: string): string {
  if (form.length >= 8) return text.replaceAll(form, '(hidden)');
  return text
    .split(form)
    .reduce((before, after) =>
      /[\w-]$/.test(before) || /^[\w-]/.test(after) ? before + form + after : `${before}(hidden)${after}`,
    );
}

/** `postgres://name:password@host` may be quoted in part. */
function passwordsIn(value: string): readonly string[] {
  const encoded = /:\/\/[^\s/:@]*:([^\s/@]+)@/.exec(value)?.[1];
  return encoded === undefined ? [] : [encoded];
}

/** Nobody's secret, and needed to understand what is said: short ones, numbers, switches, words of the service's own. */
function isCommon(value: string): boolean {
  return (
    value.length < 4 ||
    /^[\d.]{1,7}$|^(?:true|false|none|null)$/i.test(value) ||
    ownWords.includes(value.toLowerCase())
  );
}

/** Texts that are looked for in what the service says. */
const ownWords = [
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
