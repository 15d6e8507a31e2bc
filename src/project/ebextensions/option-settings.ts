import { propertyNamespace } from '../../option-namespaces.ts';
import { entriesOf, itemsOf, textOf, type Yaml } from '../yaml.ts';

/** An `option_settings` entry of the user's files. */
export interface EbOption {
  readonly file: string;
  readonly line: number;
  readonly namespace: string;
  readonly option: string;
  /** Null where the file gives none (YAML's null), or something that is no scalar. */
  readonly value: string | null;
  readonly shape: 'scalar' | 'map' | 'list';
}

/** Reads both forms of `option_settings` (DG, ebextensions-optionsettings): a mapping of namespaces to mappings, and a list
 * of `namespace`/`option_name`/`value`, where an entry without namespace is an environment property. */
export function readOptionSettings(file: string, settings: Yaml): EbOption[] {
  if (settings.kind === 'list') return itemsOf(settings).flatMap((item) => fromListItem(file, item));
  return entriesOf(settings).flatMap(({ key: namespace, value }) => fromNamespace(file, namespace, value));
}

function fromNamespace(file: string, namespace: string, value: Yaml): EbOption[] {
  if (value.kind === 'list') {
    // Seen in real files: a namespace above a list of option_name/value.
    return value.items.flatMap((item) =>
      fromListItem(file, item).map((option) => ({ ...option, namespace })),
    );
  }
  return entriesOf(value).map(({ key, line, value }) => ({
    file,
    line,
    namespace,
    option: key,
    value: textOf(value) ?? null,
    shape: value.kind,
  }));
}

function fromListItem(file: string, item: Yaml): EbOption[] {
  const entries = entriesOf(item);
  const find = (key: string) => entries.findLast((entry) => entry.key === key);
  const name = find('option_name') ?? find('OptionName');
  const option = textOf(name?.value);
  if (name === undefined || option === undefined) {
    // A list of one-key mappings `- aws:…: { … }` is the mapping form with stray dashes.
    return entries.flatMap(({ key, value }) =>
      key.startsWith('aws:') ? fromNamespace(file, key, value) : [],
    );
  }
  const value = find('value') ?? find('Value');
  const namespace = textOf((find('namespace') ?? find('Namespace'))?.value) ?? propertyNamespace;
  return [
    {
      file,
      line: name.line,
      namespace,
      option,
      value: textOf(value?.value) ?? null,
      shape: value?.value.kind ?? 'scalar',
    },
  ];
}

/** The setting of an option that takes effect: that of the last file, in which the last one wins. */
export function optionValue(
  options: readonly EbOption[],
  namespace: string,
  option: string,
): EbOption | undefined {
  return options.findLast((candidate) => candidate.namespace === namespace && candidate.option === option);
}
