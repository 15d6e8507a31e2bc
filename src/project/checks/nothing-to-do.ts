import { finding, nowhere, type Place } from '../../findings.ts';
import { environmentNamespace } from '../../option-namespaces.ts';
import { isSavedConfiguration } from '../ebextensions/health-options.ts';
import { optionValue } from '../ebextensions/option-settings.ts';
import type { Survey } from '../survey.ts';
import { at, readYaml, textOf } from '../yaml.ts';
import type { Check } from './check.ts';

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
  cluster:
    'Beanstalk Cluster runs no platform hooks; let the app answer the health path without a look at the host (a middleware)',
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
  return environmentKinds(survey).find(({ every, because }) => every && because === kinds.cluster);
}

/** Why the check is not refused, or not asked for. */
export function whyUnneeded(survey: Survey): Reason | undefined {
  const { reading } = survey;
  const kind = environmentKinds(survey).find(({ every }) => every);
  if (kind !== undefined) return kind;
  const [setting] = reading.settings;
  if (setting?.source === 'wildcard') {
    return { ...setting, because: 'the list admits every host, so the health check is not refused' };
  }
  if (reading.checksNoHost === undefined) return undefined;
  return { ...(reading.evidence[0] ?? nowhere), because: reading.checksNoHost };
}

/** What the files say of the kind of environment; `every`: of all that this bundle is deployed to. */
function environmentKinds({ app, ebextensions }: Survey): (Reason & { readonly every: boolean })[] {
  const { options, elsewhere } = ebextensions;
  const inBundle = (file: string) => file === 'env.yaml' || file.startsWith('.ebextensions/');
  const isSingle = (value: string | null | undefined) => value?.toLowerCase() === 'singleinstance';
  const single = [
    optionValue(options, environmentNamespace, 'EnvironmentType'),
    ...elsewhere.filter(
      ({ namespace, option }) => namespace === environmentNamespace && option === 'EnvironmentType',
    ),
  ].filter((option) => option !== undefined && isSingle(option.value));
  const manifest = at(readYaml(app.text('env.yaml') ?? '').value, 'EnvironmentTier', 'Name');
  const tier =
    manifest === undefined ? [] : [{ file: 'env.yaml', line: manifest.line, name: textOf(manifest) }];
  const found = [
    ...single.map((option) => ({ option, because: kinds.single })),
    ...[...options, ...elsewhere]
      .filter(({ namespace }) => namespace === 'aws:elasticbeanstalk:sqsd')
      .map((option) => ({ option, because: kinds.worker })),
    ...tier.filter(({ name }) => name === 'Worker').map((option) => ({ option, because: kinds.worker })),
    ...[
      ...elsewhere.filter(({ namespace }) => namespace.startsWith('aws:elasticbeanstalk:eks')),
      ...tier.filter(({ name }) => name === 'Cluster'),
    ].map((option) => ({ option, because: kinds.cluster })),
  ];
  return found.flatMap(({ option, because }) =>
    option === undefined
      ? []
      : [{ file: option.file, line: option.line, because, every: inBundle(option.file) }],
  );
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
