import { type Finding, finding } from '../../findings.ts';
import { propertyNamespace } from '../../option-namespaces.ts';
import { mayShip } from '../bundle/bundle.ts';
import { isSavedConfiguration } from '../ebextensions/health-options.ts';
import type { EbOption } from '../ebextensions/option-settings.ts';
import type { Separator } from '../project.ts';
import type { Check } from './check.ts';

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
  const dotenv = mayShip(bundle, '.env') ? fromDotenv(app.text('.env') ?? '', variable) : [];
  // systemd and Compose take one pair of quotes around a value away, docker run does not.
  const unquoted = (value: string | null) =>
    platform.platform === 'docker' ? value : (value?.replace(/^("|')([^"']*)\1$/, '$2') ?? null);
  return [...given, ...dotenv].flatMap((option): Finding[] => {
    const wrong = whatIsWrong({ ...option, value: unquoted(option.value) }, separator);
    if (wrong === undefined) return [];
    const form = written(separator);
    return [
      finding(
        isSavedConfiguration(option.file) ? 'warning' : 'error',
        'property-form',
        option,
        `${variable} is ${wrong}; the app ${form.reads}`,
        `write it as ${form.example}`,
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

function written(separator: Separator): { readonly reads: string; readonly example: string } {
  switch (separator) {
    case 'comma':
      return { reads: 'splits it at commas', example: 'shop.example.com,www.example.com' };
    case 'space':
      return { reads: 'splits it at blanks', example: 'shop.example.com www.example.com' };
    case 'semicolon':
      return { reads: 'splits it at semicolons', example: 'shop.example.com;www.example.com' };
    case 'json':
      return { reads: 'reads it as JSON', example: '["shop.example.com", "www.example.com"]' };
    case 'none':
      return { reads: 'takes it as one host', example: 'shop.example.com' };
  }
}
