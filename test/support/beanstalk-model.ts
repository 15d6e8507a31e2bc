/** The inputs of the calls in use, as the service model 2010-12-01 has them: `[]` a list, `!` required. */
const inputs: Record<string, readonly string[]> = {
  DescribeEnvironments: [
    'ApplicationName',
    'VersionLabel',
    'EnvironmentIds[]',
    'EnvironmentNames[]',
    'IncludeDeleted',
    'IncludedDeletedBackTo',
    'MaxRecords',
    'NextToken',
  ],
  DescribeConfigurationSettings: ['ApplicationName!', 'TemplateName', 'EnvironmentName'],
  ValidateConfigurationSettings: [
    'ApplicationName!',
    'TemplateName',
    'EnvironmentName',
    'OptionSettings[].ResourceName',
    'OptionSettings[].Namespace',
    'OptionSettings[].OptionName',
    'OptionSettings[].Value',
  ],
  UpdateEnvironment: [
    'ApplicationName',
    'EnvironmentId',
    'EnvironmentName',
    'GroupName',
    'Description',
    'VersionLabel',
    'TemplateName',
    'SolutionStackName',
    'PlatformArn',
    'OptionSettings[].ResourceName',
    'OptionSettings[].Namespace',
    'OptionSettings[].OptionName',
    'OptionSettings[].Value',
    'OptionsToRemove[].ResourceName',
    'OptionsToRemove[].Namespace',
    'OptionsToRemove[].OptionName',
  ],
  DescribeEvents: [
    'ApplicationName',
    'VersionLabel',
    'TemplateName',
    'EnvironmentId',
    'EnvironmentName',
    'PlatformArn',
    'RequestId',
    'Severity',
    'StartTime',
    'EndTime',
    'MaxRecords',
    'NextToken',
  ],
  DescribeEnvironmentHealth: ['EnvironmentName', 'EnvironmentId', 'AttributeNames[]'],
  DescribeApplicationVersions: ['ApplicationName', 'VersionLabels[]', 'MaxRecords', 'NextToken'],
  DescribeInstancesHealth: ['EnvironmentName', 'EnvironmentId', 'AttributeNames[]', 'NextToken'],
};

/** A request's parameters: `OptionSettings.member.1.Namespace` becomes an element of a list of objects. */
export type Parameters = Record<string, string | readonly (string | Record<string, string>)[]>;

/** Reads a form-encoded body against the model.
 * @returns what is wrong with it, besides its parameters */
export function readRequest(body: string): { action: string; parameters: Parameters; violations: string[] } {
  const form = new URLSearchParams(body);
  const action = form.get('Action') ?? '';
  const violations: string[] = [];
  if (form.get('Version') !== '2010-12-01') violations.push(`Version is ${form.get('Version')}`);
  const known = inputs[action];
  if (known === undefined) return { action, parameters: {}, violations: [`unknown action '${action}'`] };
  const lists = new Map<string, Map<number, string | Record<string, string>>>();
  const parameters: Parameters = {};
  for (const [key, value] of form) {
    if (key === 'Action' || key === 'Version') continue;
    const [, list, index, field] = /^(\w+)\.member\.(\d+)(?:\.(\w+))?$/.exec(key) ?? [];
    const shape = list === undefined ? key : `${list}[]${field === undefined ? '' : `.${field}`}`;
    if (!known.some((name) => name.replace('!', '') === shape)) violations.push(`${action} has no ${shape}`);
    if (list === undefined) parameters[key] = value;
    else {
      const elements = lists.get(list) ?? new Map();
      lists.set(list, elements);
      const element = elements.get(Number(index)) ?? {};
      elements.set(Number(index), field === undefined ? value : { ...element, [field]: value });
    }
  }
  for (const [list, elements] of lists) {
    const positions = [...elements.keys()].sort((a, b) => a - b);
    if (positions.some((position, at) => position !== at + 1)) violations.push(`${list} has gaps`);
    parameters[list] = positions.map((position) => elements.get(position) ?? '');
  }
  for (const name of known.filter((entry) => entry.endsWith('!'))) {
    if (parameters[name.slice(0, -1)] === undefined) violations.push(`${action} lacks ${name.slice(0, -1)}`);
  }
  return { action, parameters, violations };
}

/** An answer's value as XML: arrays become `<member>` elements, undefined is left out. */
export function xml(value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => `<member>${xml(item)}</member>`).join('');
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== 'object' || value === null) return escaped(String(value ?? ''));
  return Object.entries(value)
    .filter(([, child]) => child !== undefined)
    .map(([key, child]) => `<${key}>${xml(child)}</${key}>`)
    .join('');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
