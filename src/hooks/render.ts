import {
  confighookPath,
  ebextensionPath,
  hookPath,
  verifierConfighookPath,
  verifierPath,
} from '../generated-paths.ts';
import { type Matcher, parseMatcher } from '../matcher.ts';
import { packageVersion, readTemplate } from '../package-root.ts';
import type { Choices } from './choices.ts';
import { writeHead } from './head.ts';

/** A file that eb-hosts owns whole. */
export interface GeneratedFile {
  /** Relative to the app root, with `/`. */
  readonly path: string;
  readonly text: string;
  /** Permission bits. */
  readonly mode: number;
}

/** The files for `choices`, in the order in which they are shown.
 * @param command the words of the command that the hook remembers */
export function renderFiles(choices: Choices, command: readonly string[]): GeneratedFile[] {
  const script = (path: string, text: string, words: readonly string[] = []): GeneratedFile => ({
    path,
    text: writeHead(text, packageVersion(), words),
    mode: 0o755,
  });
  const files = [
    script(hookPath, composeHook(choices), command),
    script(confighookPath, fill('confighook.sh', { hook: 'predeploy/10_eb_hosts.sh' })),
  ];
  if (choices.verify !== 'off') {
    files.push(
      script(verifierPath, composeVerifier(choices)),
      script(verifierConfighookPath, fill('confighook.sh', { hook: 'postdeploy/10_eb_hosts_verify.sh' })),
    );
  }
  if (choices.healthCheckPath !== null) {
    files.push({ ...script(ebextensionPath, renderEbextension(choices)), mode: 0o644 });
  }
  return files;
}

/** The hook, of the parts that this project needs. */
function composeHook(choices: Choices): string {
  const { delivery, separator, role, ipv6 } = choices;
  const editsLine = delivery === 'env-list' || delivery === 'dotenv';
  const oneHost = separator === 'none';
  const parts = [
    'start',
    delivery !== 'file' && `guard-${delivery}`,
    choices.onFailure === 'warn' && 'on-failure-warn',
    'lock',
    'is-blank',
    editsLine ? `base-${delivery}` : 'base',
    `property-${role}`,
    delivery === 'systemd' && 'quotes',
    separator === 'json' && 'json',
    choices.hosts.length > 0 && !oneHost ? 'unset-default' : role === 'whole-list' && 'unset-leave',
    !oneHost && 'hosts',
    ipv6 ? 'address-ipv6' : 'address',
    oneHost ? 'value-one' : ipv6 ? 'value-ipv6' : 'value',
    !editsLine && 'put',
    editsLine ? 'deliver-line' : `deliver-${delivery}`,
  ];
  const values = valuesOf(choices);
  return parts.map((part) => (part === false ? '' : fill(`hook/${part}.sh`, values))).join('');
}

/** What differs between the separators; inside the hook a JSON list is a list with commas. */
export const forms = {
  comma: { character: ',', words: 'with commas' },
  json: { character: ',', words: 'in JSON' },
  semicolon: { character: ';', words: 'with semicolons' },
  space: { character: ' ', words: 'with blanks' },
  none: { character: '', words: 'of one host' },
} as const;

/** Takes the blanks around a host away. */
const trim = `  host=\${host#"\${host%%[! ]*}"} # without the blanks around it
  host=\${host%"\${host##*[! ]}"}
`;

/** docker's env-list knows neither quotes nor escapes. The other readers take a text between single quotes as it is, since the
 * check of the hosts leaves no quote in it. */
function valuesOf({ variable, separator, delivery, hosts, ipv6 }: Choices): Record<string, string> {
  const { character, words } = forms[separator];
  const [quote, end] = separator === 'json' ? ['\\"', ['[', ']']] : ['', ['', '']];
  const list = ipv6 ? '${value%?}' : `$value${quote}$address${quote}`;
  const isPlain = delivery === 'env-list' || separator === 'comma' || separator === 'none';
  const otherSeparators = [',', ';'].filter((other) => other !== character);
  const unsafe = delivery === 'env-list' ? ['"', "'"] : ['"', "'", '\\', '$', '`'];
  return {
    variable,
    character,
    blank: character === ';' ? '\\;' : character.trim(),
    form: words,
    trim: separator === 'json' || separator === 'space' ? '' : trim,
    // A file of our own may be read by a shell, to which many more characters mean something.
    unfit:
      delivery === 'file'
        ? '[!]A-Za-z0-9.:_*/@%+[-]'
        : `[[:space:]${[...otherSeparators, ...unsafe].map((refused) => `\\${refused}`).join('')}]`,
    default: `'${hosts.join(character)}'`,
    item: `${quote}$host${quote}${character}`,
    list: `${end[0]}${list}${end[1]}`,
    quoted: isPlain ? '$value' : "'$value'",
    clean: delivery === 'dotenv' ? '\nrm -f "$file"' : '',
    target: delivery === 'dotenv' ? '$staging/.env' : '$file',
  };
}

function composeVerifier(choices: Choices): string {
  const { variable, separator, delivery, healthCheckPath, matcher, verify } = choices;
  const values = {
    variable,
    matcher,
    form: forms[separator].words,
    path: healthCheckPath ?? '/',
    expected: (parseMatcher(matcher) ?? []).flatMap(casePatterns).join(' | '),
    failure: verify === 'fail' ? '1' : '0',
  };
  const process = delivery === 'systemd' ? fill('verify-process.sh', values) : '';
  return fill('verify.sh', values).replace('# @process@\n', () => process);
}

/** The statuses of a range as patterns of `case`: 200-299 is `2??`. */
function casePatterns({ from, to }: Matcher[number]): string[] {
  const patterns: string[] = [];
  for (let status = from; status <= to; ) {
    const step = [100, 10, 1].find((size) => status % size === 0 && status + size - 1 <= to) ?? 1;
    patterns.push(
      String(status)
        .slice(0, step === 1 ? 3 : step === 10 ? 2 : 1)
        .padEnd(3, '?'),
    );
    status += step;
  }
  return patterns;
}

/** Strings are written as JSON, which YAML 1.1 reads the same. */
function renderEbextension({ process, healthCheckPath, matcher }: Choices): string {
  const lines = [
    `  aws:elasticbeanstalk:environment:process:${process}:`,
    `    HealthCheckPath: ${JSON.stringify(healthCheckPath)}`,
  ];
  if (matcher !== '200') lines.push(`    MatcherHTTPCode: ${JSON.stringify(matcher)}`);
  return readTemplate('eb-hosts.config').replace('# @options@', () => lines.join('\n'));
}

/** A template with its `@name@`s replaced. */
function fill(template: string, values: Readonly<Record<string, string>>): string {
  return readTemplate(template).replaceAll(/@(\w+)@/g, (whole, name: string) => values[name] ?? whole);
}
