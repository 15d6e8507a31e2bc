import { type Finding, finding } from '../../findings.ts';
import { nearest } from '../../nearest.ts';
import { propertyNamespace } from '../ebextensions/option-settings.ts';
import { below, topNames } from '../paths.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Check } from './check.ts';

/** DG, command-options-general and command-options-specific; those with a free last part are patterns below. */
const namespaces = [
  'aws:autoscaling:asg',
  'aws:autoscaling:launchconfiguration',
  'aws:autoscaling:scheduledaction',
  'aws:autoscaling:trigger',
  'aws:autoscaling:updatepolicy:rollingupdate',
  'aws:cloudformation:template:parameter',
  'aws:ec2:instances',
  'aws:ec2:vpc',
  'aws:elasticbeanstalk:application',
  'aws:elasticbeanstalk:application:environment',
  'aws:elasticbeanstalk:application:environmentsecrets',
  'aws:elasticbeanstalk:cloudwatch:logs',
  'aws:elasticbeanstalk:cloudwatch:logs:health',
  'aws:elasticbeanstalk:command',
  'aws:elasticbeanstalk:container:python',
  'aws:elasticbeanstalk:container:python:staticfiles',
  'aws:elasticbeanstalk:control',
  'aws:elasticbeanstalk:environment',
  'aws:elasticbeanstalk:environment:process:default',
  'aws:elasticbeanstalk:environment:proxy',
  'aws:elasticbeanstalk:environment:proxy:staticfiles',
  'aws:elasticbeanstalk:healthreporting:system',
  'aws:elasticbeanstalk:hostmanager',
  'aws:elasticbeanstalk:managedactions',
  'aws:elasticbeanstalk:managedactions:platformupdate',
  'aws:elasticbeanstalk:monitoring',
  'aws:elasticbeanstalk:sns:topics',
  'aws:elasticbeanstalk:sqsd',
  'aws:elasticbeanstalk:trafficsplitting',
  'aws:elasticbeanstalk:xray',
  'aws:elb:healthcheck',
  'aws:elb:listener',
  'aws:elb:loadbalancer',
  'aws:elb:policies',
  'aws:elbv2:listener:default',
  'aws:elbv2:loadbalancer',
  'aws:rds:dbinstance',
];

const openNamespaces =
  /^aws:(?:elasticbeanstalk:(?:environment:process|container|customoption)(?::|$)|elb:(?:listener|policies):|elbv2:listener(?:rule)?:|elasticbeanstalk:application:environment)/;

/** Mistakes in `.ebextensions` that Elastic Beanstalk passes over or stumbles on. */
export const checkEbExtensions: Check = ({ app, ebextensions }) => [
  ...misspeltNamespaces(ebextensions.options),
  ...strangeValues(ebextensions.options),
  ...misspeltDirectory(app),
  ...wrongEndings(app),
];

type Options = Parameters<Check>[0]['ebextensions']['options'];

function misspeltNamespaces(options: Options): Finding[] {
  const seen = new Set<string>();
  return options.flatMap(({ namespace, file, line }) => {
    if (namespaces.includes(namespace) || openNamespaces.test(namespace) || seen.has(namespace)) return [];
    const meant =
      nearest(namespace, namespaces) ?? namespaces.find((known) => plain(known) === plain(namespace));
    if (meant === undefined) return [];
    seen.add(namespace);
    return [
      finding(
        'warning',
        'ebextensions-unknown-namespace',
        { file, line },
        `there is no namespace '${namespace}', so the options below it are refused or ignored`,
        `write '${meant}'`,
      ),
    ];
  });
}

const plain = (namespace: string): string => namespace.toLowerCase().replace(/[^a-z0-9]/g, '');

function strangeValues(options: Options): Finding[] {
  return options.flatMap(({ namespace, option, shape, value, file, line }) => {
    if (shape !== 'scalar') {
      return [
        finding(
          'warning',
          'ebextensions-value-not-text',
          { file, line },
          `the value of ${option} is a ${shape === 'map' ? 'mapping' : 'list'}, where ${namespace} takes one text`,
          option === 'ConfigDocument'
            ? 'write the document as one JSON string, in quotes'
            : 'write it as one text, in quotes',
        ),
      ];
    }
    if (namespace === propertyNamespace && value !== null && /^\$\{?[A-Z_][A-Z0-9_]*\}?$/.test(value)) {
      return [
        finding(
          'info',
          'ebextensions-literal-variable',
          { file, line },
          `${option} is set to the literal text of a variable's name: nothing is expanded in option_settings`,
          'write the value itself, or set the property with eb setenv',
        ),
      ];
    }
    return [];
  });
}

function misspeltDirectory(app: Snapshot): Finding[] {
  const candidates = topNames(app.paths).filter(
    (name) => name.endsWith('/') && isMisspelt(name.slice(0, -1)),
  );
  const file = candidates
    .flatMap((name) => below(app.paths, name.slice(0, -1)))
    .find((path) => /^[^/]+\/[^/]+\.config$/.test(path));
  if (file === undefined) return [];
  const directory = file.slice(0, file.indexOf('/'));
  return [
    finding(
      'warning',
      'ebextensions-misspelt-directory',
      { file, line: null },
      `Elastic Beanstalk reads .ebextensions only: what lies in '${directory}' has no effect as it stands`,
      `git mv ${directory} .ebextensions (unless a script copies it there)`,
    ),
  ];
}

function isMisspelt(directory: string): boolean {
  const letters = plain(directory);
  return (
    directory !== '.ebextensions' &&
    letters.startsWith('eb') &&
    nearest(letters, ['ebextensions']) !== undefined
  );
}

const sectionLine = /^(?:option_settings|container_commands|commands|files|packages|Resources)\s*:/m;

function wrongEndings(app: Snapshot): Finding[] {
  return below(app.paths, '.ebextensions').flatMap((file) => {
    if (!/^\.ebextensions\/[^/]+\.(?:ya?ml|json|conf|cfg|configs?\.txt|txt|confg|cofig)$/i.test(file))
      return [];
    if (!sectionLine.test(app.text(file) ?? '')) return [];
    return [
      finding(
        'warning',
        'ebextensions-wrong-ending',
        { file, line: null },
        'Elastic Beanstalk reads only the files of .ebextensions that end in .config, and passes this one over',
        `git mv ${file} ${file.replace(/\.[^./]+$/, '.config')}`,
      ),
    ];
  });
}
