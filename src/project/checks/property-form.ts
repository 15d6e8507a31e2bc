import { type Finding, finding } from '../../findings.ts';
import { propertyNamespace } from '../../option-namespaces.ts';
import { mayShip } from '../bundle/bundle.ts';
import { isSavedConfiguration } from '../ebextensions/health-options.ts';
import type { EbOption } from '../ebextensions/option-settings.ts';
import type { Separator } from '../project.ts';
import type { Check } from '../survey.ts';

/** `property-form`: the list that a file gives the variable is not in the form in which the app reads it. */
export const checkPropertyForm: Check = ({ app, bundle, ebextensions, platform, reading }) => {
  const [setting] = reading.settings;
  // Symfony's and Laravel's entries are regular expressions.
  if (setting?.variable == null || setting.separator === null || /symfony|laravel/.test(reading.framework))
    return [];
  const { variable, separator } = setting;
  const given = [...ebextensions.options, ...ebextensions.elsewhere].filter(
    ({ namespace, option }) => namespace === propertyNamespace && option === variable,
  );
  const dotenv =
    app.has('.env') && mayShip(bundle, '.env') ? fromDotenv(app.text('.env') ?? '', variable) : [];
  // systemd and Compose take one pair of quotes around a value away, docker run does not.
  const unquoted = (value: string | null) =>
    platform.platform === 'docker' ? value : (value?.replace(/^("|')([^"']*)\1$/, '$2') ?? null);
  return [...given, ...dotenv].flatMap((option): Finding[] => {
    const wrong = whatIsWrong({ ...option, value: unquoted(option.value) }, separator);
    if (wrong === undefined) return [];
    const [reads, right] = rightForm(separator, option.value ?? '');
    return [
      finding(
        isSavedConfiguration(option.file) ? 'warning' : 'error',
        'property-form',
        option,
        `${variable} is ${wrong}; the app ${reads}`,
        right === '' ? 'write it as one text' : `write it as ${right}`,
      ),
    ];
  });
};

function fromDotenv(text: string, variable: string): EbOption[] {
  return text.split('\n').flatMap((line, index) => {
    const [, name, value = ''] = /^\s*(?:export\s+)?(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name !== variable) return [];
    return [
      {
        file: '.env',
        line: index + 1,
        namespace: propertyNamespace,
        option: name,
        value: value.replace(/\s+#.*$/, ''),
        shape: 'scalar',
      },
    ];
  });
}

/** The end of "NAME is …"; undefined where nothing is, or where the value is put in from elsewhere. */
function whatIsWrong({ value, shape }: EbOption, separator: Separator): string | undefined {
  if (shape !== 'scalar')
    return `a ${shape === 'map' ? 'mapping' : 'list'} in YAML, and a property is one text`;
  const text = value?.trim() ?? '';
  if (text === '' || /[$`{%]|<.*>/.test(text)) return undefined;
  if (separator === 'json') return isListOfTexts(text) ? undefined : 'no list in JSON';
  if (/["']/.test(text)) return 'written with quotes, which become part of the hosts';
  if (/^\[.*\]$/.test(text) && !/^\[[\da-fA-F:.]+\]$/.test(text))
    return 'written in brackets, which become part of the hosts';
  const found = separators.find(({ pattern }) => pattern.test(text));
  if (found === undefined) return undefined;
  if (found.name !== separator) return `a list separated by ${found.words}`;
  const mixed = separator !== 'space' && text.split(found.pattern).some((host) => /\s/.test(host.trim()));
  return mixed ? 'a list with blanks between some hosts' : undefined;
}

/** In this order: a list may have blanks after its commas. */
const separators = [
  { name: 'comma', pattern: /,/, words: 'commas' },
  { name: 'semicolon', pattern: /;/, words: 'semicolons' },
  { name: 'space', pattern: /\s/, words: 'blanks' },
] as const;

function isListOfTexts(text: string): boolean {
  try {
    // The hook takes Python's quotes too.
    const value: unknown = JSON.parse(text.replaceAll("'", '"'));
    return Array.isArray(value) && value.every((item) => typeof item === 'string');
  } catch {
    return false;
  }
}

/** How the app reads the list, and the hosts of a text written so. */
function rightForm(separator: Separator, text: string): readonly [string, string] {
  const hosts = text.split(/[\s,;"'[\]]+/).filter(Boolean);
  switch (separator) {
    case 'comma':
      return ['splits it at commas', hosts.join(',')];
    case 'space':
      return ['splits it at blanks', hosts.join(' ')];
    case 'semicolon':
      return ['splits it at semicolons', hosts.join(';')];
    case 'json':
      return ['reads it as JSON', JSON.stringify(hosts)];
    case 'none':
      return ['takes it as one host', hosts[0] ?? ''];
  }
}
