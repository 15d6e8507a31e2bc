import { type Finding, finding, nowhere } from '../../findings.ts';
import { readDeployScripts } from '../deploy-scripts.ts';
import { optionValue } from '../ebextensions/option-settings.ts';
import { topNames } from '../paths.ts';
import { findAmbiguity } from '../platform/platform.ts';
import { decisive } from '../platform/platform-claims.ts';
import { isTemplatePath } from '../template-marks.ts';
import type { Check } from './check.ts';

/** Platforms and kinds of environment on which the hooks cannot do their work, or have none to do. */
export const checkPlatform: Check = (survey) => [
  ...wrongSystem(survey),
  ...withoutWebService(survey),
  ...findAmbiguity(survey.platform),
  ...environmentKind(survey),
  ...noBeanstalk(survey),
  ...template(survey),
];

const wrongSystem: Check = ({ platform, ebextensions }) => {
  const place = platform.generationFrom ?? nowhere;
  if (platform.generation === 'windows') {
    return [
      finding(
        'error',
        'windows-platform',
        place,
        'the platform runs Windows, and the hooks are shell scripts of the Linux platforms: they do nothing there',
        'let a healthy answer of the app depend on no host name, or move to a platform on Amazon Linux 2023',
      ),
    ];
  }
  if (platform.generation === 'al1') {
    return [
      finding(
        'warning',
        'amazon-linux-1',
        place,
        'the platform named here is Amazon Linux 1, which was retired in 2022 and has no platform hooks',
        'move to a platform branch on Amazon Linux 2023, and correct the name here if that has happened',
      ),
    ];
  }
  const old = ebextensions.commands.find(({ command }) =>
    /\/opt\/python\/(?:run|current|bundle)|\/opt\/elasticbeanstalk\/hooks\//.test(command),
  );
  if (old === undefined) return [];
  return [
    finding(
      'warning',
      'amazon-linux-1-paths',
      old,
      'this command names a path of Amazon Linux 1 that later platforms do not have',
      'on Amazon Linux 2 and 2023 the virtual environment is /var/app/venv/*, the app /var/app/staging, hooks lie in .platform/hooks',
    ),
  ];
};

const withoutWebService: Check = ({ platform }) => {
  if (platform.language !== 'php' && platform.language !== 'tomcat') return [];
  const name = platform.language === 'php' ? 'PHP' : 'Tomcat';
  return [
    finding(
      'warning',
      'platform-without-web-service',
      platform.evidence[0] ?? nowhere,
      `on the ${name} platform no web.service starts the app, so the hook's list reaches it only as a file`,
      'let the app read /var/lib/eb-hosts/hosts.env: eb-hosts init --delivery file',
    ),
  ];
};

const environmentKind: Check = ({ app, ebextensions, reading }) => {
  const found: Finding[] = [];
  const type = optionValue(ebextensions.options, 'aws:elasticbeanstalk:environment', 'EnvironmentType');
  if (type?.value?.toLowerCase() === 'singleinstance') {
    found.push(
      finding(
        'info',
        'single-instance',
        type,
        'a single-instance environment has no load balancer, so nothing asks for the health-check path',
        'nothing to do; the hooks do no harm',
      ),
    );
  }
  const sqsd = ebextensions.options.find(({ namespace }) => namespace === 'aws:elasticbeanstalk:sqsd');
  const cron = app.has('cron.yaml') ? { file: 'cron.yaml', line: null } : undefined;
  const worker = sqsd ?? cron;
  if (worker === undefined) return found;
  found.push(
    finding(
      'info',
      'worker-tier',
      worker,
      'a worker environment has no load balancer; its daemon posts to http://localhost',
      'nothing to do for the health check; localhost must be in the list',
    ),
  );
  const [setting] = reading.settings;
  const hosts = setting?.default ?? [];
  if (
    hosts.length > 0 &&
    !hosts.some((host) => ['*', 'localhost', '127.0.0.1', '.localhost'].includes(host))
  ) {
    found.push(
      finding(
        'warning',
        'worker-without-localhost',
        setting ?? nowhere,
        'the daemon of a worker environment posts to localhost, and the list has no localhost: every message is answered 400',
        'add localhost to the list',
      ),
    );
  }
  return found;
};

const otherClouds: readonly (readonly [RegExp, string])[] = [
  [/^fly\.toml$/, 'Fly.io'],
  [/^render\.ya?ml$/, 'Render'],
  [/^(?:heroku\.yml|app\.json)$/, 'Heroku'],
  [/^vercel\.json$/, 'Vercel'],
  [/^(?:railway\.(?:json|toml)|nixpacks\.toml)$/, 'Railway'],
  [/^app\.ya?ml$/, 'Google App Engine'],
  [/^zappa_settings\.\w+$/, 'AWS Lambda (Zappa)'],
  [/^(?:serverless\.ya?ml|samconfig\.toml)$/, 'AWS Lambda'],
  [/^copilot\/$/, 'AWS Copilot'],
  [/^apprunner\.ya?ml$/, 'AWS App Runner'],
  [/^appspec\.ya?ml$/, 'AWS CodeDeploy'],
  [/^(?:k8s|kubernetes|helm|charts)\/$/, 'Kubernetes'],
];

/** Scripts that hand a bundle over, in any of the usual ways. */
const deploys =
  /\belasticbeanstalk\s+(?:create-application-version|update-environment)\b|beanstalk-deploy@|provider:\s*elasticbeanstalk|\beb\s+deploy\b/;

const noBeanstalk: Check = ({ app, whole, appRoot, claims }) => {
  const named = claims.some(({ weight }) => weight >= decisive);
  if (appRoot.onBeanstalk || named || app.paths.length === 0) return [];
  if (app.has('aws-beanstalk-tools-defaults.json')) return [];
  if (readDeployScripts(whole).some(({ text }) => deploys.test(text))) return [];
  const names = topNames(app.paths);
  for (const [pattern, cloud] of otherClouds) {
    const file = names.find((name) => pattern.test(name));
    if (file === undefined) continue;
    return [
      finding(
        'info',
        'other-cloud',
        { file: file.replace(/\/$/, ''), line: null },
        `this goes with ${cloud}, and nothing here mentions Elastic Beanstalk`,
        'nothing to do if the app is not deployed to Elastic Beanstalk: the hooks work nowhere else',
      ),
    ];
  }
  return [
    finding(
      'info',
      'no-elastic-beanstalk',
      nowhere,
      'nothing here mentions Elastic Beanstalk: no .elasticbeanstalk, .ebextensions, .platform or Dockerrun.aws.json',
      'run it in the directory that is deployed (--cwd DIR), or eb init first',
    ),
  ];
};

const template: Check = ({ whole }) => {
  const file =
    topNames(whole.paths).find((name) => /^(?:cookiecutter\.json|copier\.ya?ml)$/.test(name)) ??
    whole.paths.find(isTemplatePath);
  if (file === undefined) return [];
  return [
    finding(
      'warning',
      'project-template',
      { file, line: null },
      'this is a template of projects: what it says holds only once it is rendered',
      'run eb-hosts in a project made from it',
    ),
  ];
};
