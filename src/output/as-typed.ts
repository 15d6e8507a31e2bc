import type { Io } from '../io.ts';

/** `text` with the commands of eb-hosts as whoever runs it types them: npx puts no program into anyone's PATH. npm tells the
 * programs that it starts which of its own commands runs them (npm, `lib/npm.js`). */
export function asTyped(text: string, env: Io['env']): string {
  if (env.npm_command !== 'exec') return text;
  return text.replace(
    /(?<![\w./@-]|npx )eb-hosts (?=(?:init|remove|doctor|rehearse|probe|health-check)\b|--help)/g,
    'npx eb-hosts ',
  );
}
