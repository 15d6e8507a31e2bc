/** An option to be written down as code. */
export interface CodeOption {
  readonly namespace: string;
  readonly option: string;
  readonly value: string;
}

/** The environment the code is for. */
export interface CodeTarget {
  readonly application: string;
  readonly environment: string;
  readonly region: string;
  /** The AWS CLI's profile; undefined: its own choice. */
  readonly profile: string | undefined;
}

export const codeFormats = ['ebextensions', 'aws-cli', 'cloudformation', 'terraform', 'cdk'] as const;
export type CodeFormat = (typeof codeFormats)[number];

/** Options of an environment as code that runs (or is read) as it stands. */
export function optionsAsCode(
  format: CodeFormat,
  target: CodeTarget,
  options: readonly CodeOption[],
): string {
  return formats[format](target, options);
}

/** A comment in one of the formats. */
export function codeComment(format: CodeFormat, text: string): string {
  return `${format === 'cdk' ? '//' : '#'} ${text}\n`;
}

/** The AWS CLI call that takes options out again. */
export function removalAsAwsCli(target: CodeTarget, options: readonly Omit<CodeOption, 'value'>[]): string {
  const list = options.map(({ namespace, option }) => ({ Namespace: namespace, OptionName: option }));
  return awsCli(target, '--options-to-remove', list);
}

const formats: Record<CodeFormat, (target: CodeTarget, options: readonly CodeOption[]) => string> = {
  ebextensions: (_, options) => {
    const lines = [...byNamespace(options)].flatMap(([namespace, entries]) => [
      `  ${namespace}:`,
      ...entries.map(({ option, value }) => `    ${yamlKey(option)}: ${quoted(value)}`),
    ]);
    return `${['option_settings:', ...lines].join('\n')}\n`;
  },
  'aws-cli': (target, options) => {
    const list = options.map(({ namespace, option, value }) => ({
      Namespace: namespace,
      OptionName: option,
      Value: value,
    }));
    return awsCli(target, '--option-settings', list);
  },
  cloudformation: (target, options) => `AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Environment: # merge OptionSettings into the resource that you have
    Type: AWS::ElasticBeanstalk::Environment
    Properties:
      ApplicationName: ${quoted(target.application)}
      EnvironmentName: ${quoted(target.environment)}
      OptionSettings:
${options
  .map(
    ({ namespace, option, value }) => `        - Namespace: ${quoted(namespace)}
          OptionName: ${quoted(option)}
          Value: ${quoted(value)}
`,
  )
  .join('')}`,
  terraform: (
    target,
    options,
  ) => `resource "aws_elastic_beanstalk_environment" ${hcl(identifier(target.environment))} { # merge the settings into yours
  name        = ${hcl(target.environment)}
  application = ${hcl(target.application)}
${options
  .map(
    ({ namespace, option, value }) => `
  setting {
    namespace = ${hcl(namespace)}
    name      = ${hcl(option)}
    value     = ${hcl(value)}
  }
`,
  )
  .join('')}}
`,
  cdk: (target, options) => `import type { aws_elasticbeanstalk as elasticbeanstalk } from 'aws-cdk-lib';

/** For \`optionSettings\` of the CfnEnvironment ${JSON.stringify(target.environment).replaceAll('*/', '*\\/')}. */
export const healthCheckSettings: elasticbeanstalk.CfnEnvironment.OptionSettingProperty[] = [
${options
  .map(
    ({ namespace, option, value }) => `  {
    namespace: ${JSON.stringify(namespace)},
    optionName: ${JSON.stringify(option)},
    value: ${JSON.stringify(value)},
  },
`,
  )
  .join('')}];
`,
};

function byNamespace(options: readonly CodeOption[]): ReadonlyMap<string, readonly CodeOption[]> {
  const groups = new Map<string, CodeOption[]>();
  for (const option of options)
    groups.set(option.namespace, [...(groups.get(option.namespace) ?? []), option]);
  return groups;
}

/** The shorthand syntax cannot hold the comma of a matcher, JSON can. */
function awsCli(target: CodeTarget, flag: string, list: readonly object[]): string {
  const profile = target.profile === undefined ? [] : [`--profile ${shell(target.profile)}`];
  return `${[
    'aws elasticbeanstalk update-environment',
    `--region ${shell(target.region)}`,
    ...profile,
    `--application-name ${shell(target.application)}`,
    `--environment-name ${shell(target.environment)}`,
    `${flag} ${shell(JSON.stringify(list))}`,
  ].join(' \\\n  ')}\n`;
}

function shell(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A JSON string is a YAML string. Numbers are quoted too: every value of an option is text. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

function yamlKey(text: string): string {
  return /^[A-Za-z][\w ]*\w$/.test(text) ? text : quoted(text);
}

/** `\${` and `%{` begin a template in HCL. */
function hcl(text: string): string {
  return JSON.stringify(text).replace(/[$%](?=\{)/g, (sign) => sign + sign);
}

function identifier(name: string): string {
  return /^[A-Za-z_]/.test(name) ? name.replace(/[^\w-]/g, '_') : `_${name.replace(/[^\w-]/g, '_')}`;
}
