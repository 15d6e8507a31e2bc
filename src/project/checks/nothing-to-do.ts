import { finding, nowhere, type Place } from '../../findings.ts';
import { environmentNamespace } from '../../option-namespaces.ts';
import { isSavedConfiguration } from '../ebextensions/health-options.ts';
import { type EbOption, optionValue } from '../ebextensions/option-settings.ts';
import type { Check, Survey } from '../survey.ts';
import { at, readYaml, textOf } from '../yaml.ts';

/** Why `init` writes no hook in this project, as one sentence; null where it does. */
export function nothingToDo(survey: Survey): string | null {
  return (whyUnneeded(survey) ?? whyUnreachable(survey))?.because ?? null;
}

interface Reason extends Place {
  readonly because: string;
}

const kinds = {
  single: 'a single-instance environment has no load balancer, so nothing asks for the health-check path',
  worker: 'a worker environment has no load balancer: its daemon posts to http://localhost',
  cluster: 'Beanstalk Cluster runs no platform hooks',
};

/** Why a list that a hook writes would not reach the app. */
export function whyUnreachable(survey: Survey): Reason | undefined {
  const { platform } = survey;
  const place = platform.evidence[0] ?? nowhere;
  if (platform.generation === 'windows') {
    const because = 'the platform runs Windows, and the hooks are shell scripts of the Linux platforms';
    return { ...(platform.generationFrom ?? place), because };
  }
  if (platform.language === 'php' || platform.language === 'tomcat') {
    const name = platform.language === 'php' ? 'PHP' : 'Tomcat';
    return {
      ...place,
      because: `on the ${name} platform no web.service starts the app, so the hook's list would not reach it`,
    };
  }
  return environmentKinds(survey).find(({ every, kind }) => every && kind === 'cluster');
}

/** Why the check is not refused, or not asked for. */
export function whyUnneeded(survey: Survey): Reason | undefined {
  const { reading } = survey;
  const unasked = environmentKinds(survey).find(({ every, kind }) => every && kind !== 'cluster');
  if (unasked !== undefined) return unasked;
  const [setting] = reading.settings;
  if (setting?.source === 'wildcard') {
    return { ...setting, because: 'the list admits every host, so the health check is not refused' };
  }
  if (reading.checksNoHost === undefined) return undefined;
  return { ...(reading.evidence[0] ?? nowhere), because: reading.checksNoHost };
}

interface KindReason extends Reason {
  readonly kind: keyof typeof kinds;
  /** Whether it holds of every environment that the bundle is deployed to. */
  readonly every: boolean;
}

/** What the files say of the kind of environment. */
function environmentKinds({ app, ebextensions }: Survey): KindReason[] {
  const { options, elsewhere } = ebextensions;
  const type = optionValue(options, environmentNamespace, 'EnvironmentType');
  const tier = at(readYaml(app.text('env.yaml') ?? '').value, 'EnvironmentTier', 'Name');
  const given = [
    // Of a type that is set twice the last counts.
    ...options.filter(({ namespace, option }) => namespace !== type?.namespace || option !== type.option),
    ...(type === undefined ? [] : [type]),
    ...elsewhere,
    ...(tier === undefined
      ? []
      : [{ file: 'env.yaml', line: tier.line, namespace: 'tier', option: '', value: textOf(tier) ?? '' }]),
  ];
  return given.flatMap(({ file, line, ...option }) => {
    const kind = kindOf(option);
    const every = file === 'env.yaml' || file.startsWith('.ebextensions/');
    return kind === undefined ? [] : [{ file, line, kind, because: kinds[kind], every }];
  });
}

function kindOf({
  namespace,
  option,
  value,
}: Pick<EbOption, 'namespace' | 'option' | 'value'>): keyof typeof kinds | undefined {
  const isType = namespace === environmentNamespace && option === 'EnvironmentType';
  if (isType && value?.toLowerCase() === 'singleinstance') return 'single';
  if (namespace === 'aws:elasticbeanstalk:sqsd' || (namespace === 'tier' && value === 'Worker'))
    return 'worker';
  return namespace.startsWith('aws:elasticbeanstalk:eks') || (namespace === 'tier' && value === 'Cluster')
    ? 'cluster'
    : undefined;
}

/** Tells the reason; and of one environment, what its own configuration says. */
export const checkNothingToDo: Check = (survey) => {
  const { reading } = survey;
  const reason = whyUnneeded(survey) ?? whyUnreachable(survey);
  const single = environmentKinds(survey).find(
    ({ file, every }) => !every && isSavedConfiguration(file ?? ''),
  );
  const told = reason ?? single;
  // That a list is open has a finding of its own.
  if (told === undefined || (reading.framework === 'django' && reading.settings[0]?.source === 'wildcard'))
    return [];
  const fix =
    reason === undefined
      ? 'nothing to do in that environment; the hooks do no harm there'
      : 'nothing to do: eb-hosts init writes nothing here';
  return [finding('info', 'nothing-to-do', told, told.because, fix)];
};
