import { posix } from 'node:path';
import { infrastructureFiles } from '../deploy-scripts.ts';
import { below } from '../paths.ts';
import type { Snapshot } from '../snapshot.ts';
import { at, readYaml } from '../yaml.ts';
import { type EbOption, readOptionSettings } from './option-settings.ts';

/** Options that other files than `.ebextensions` set: Terraform, CloudFormation, CDK, saved configurations, `env.yaml`.
 * @param appRoot the app root relative to `whole`; the files are named relative to it */
export function readOptionsElsewhere(whole: Snapshot, appRoot: string): EbOption[] {
  const own = (path: string) => posix.join(appRoot, path);
  const saved = below(whole.paths, own('.elasticbeanstalk/saved_configs')).filter((path) =>
    /\.ya?ml$/.test(path),
  );
  const named = [...saved, own('env.yaml')].flatMap((path) => {
    const settings = at(readYaml(whole.text(path) ?? '').value, 'OptionSettings');
    return settings === undefined ? [] : readOptionSettings(posix.relative(appRoot, path), settings);
  });
  const files = infrastructureFiles(whole, mayHold).filter((path) => !saved.includes(path));
  return [
    ...named,
    ...files.flatMap((path) => fromCode(posix.relative(appRoot, path), whole.text(path) ?? '')),
  ];
}

const mayHold =
  /\.tf$|^(?!.*\.(?:ebextensions|elasticbeanstalk|github)\/)(?=.*(?:eb|beanstalk|deploy|infra|cloudformation|cfn|cdk|stack|template)).*\.(?:ya?ml|json|ts|py|template)$/i;

const assigned = (name: string, value: string) => `["']?${name}["']?\\s*[:=]\\s*${value}`;
const text = (name: string) =>
  `(?:(?<${name}Quote>["'])(?<${name}>.*?)\\k<${name}Quote>|(?<${name}Bare>[\\w./: -]+))`;
const namespace = assigned('namespace', text('namespace'));
const option = assigned('(?:option_?)?name', text('option'));
const value = assigned('value', text('value'));

/** The three parts of a setting as Terraform, CloudFormation and CDK write them, in their usual orders. */
const settings = [
  [namespace, option, value],
  [option, namespace, value],
].map((parts) => new RegExp(parts.join('[\\s,]*(?:resource\\s*=\\s*""\\s*)?'), 'gi'));

/** A value that is put in from elsewhere is null. */
function fromCode(file: string, source: string): EbOption[] {
  if (!source.includes('aws:elasticbeanstalk:')) return [];
  const code = source.replace(/^\s*(?:#|\/\/).*$/gm, (comment) => comment.replace(/[^\n]/g, ' '));
  return settings.flatMap((pattern) =>
    [...code.matchAll(pattern)].map(({ index, groups = {} }) => {
      // Without quotes it is a text in YAML, a reference elsewhere.
      const value =
        groups.value ?? (/\.ya?ml$/.test(file) ? groups.valueBare?.trim() || undefined : undefined);
      return {
        file,
        line: code.slice(0, index).split('\n').length,
        namespace: (groups.namespace ?? groups.namespaceBare ?? '').trim(),
        option: (groups.option ?? groups.optionBare ?? '').trim(),
        value: value === undefined || value.includes('${') ? null : value,
        shape: 'scalar' as const,
      };
    }),
  );
}
