import { type Finding, finding, nowhere } from '../../findings.ts';
import { readDeployScripts } from '../deploy-scripts.ts';
import { baseName, landmarks } from '../paths.ts';
import { findAmbiguity } from '../platform/platform.ts';
import { decisive } from '../platform/platform-claims.ts';
import type { FileProblem } from '../snapshot.ts';
import type { Check, Survey } from '../survey.ts';

/** What was looked at, and whether it is the right thing to look at. */
export const checkScope: Check = (survey) => [
  ...filesPassedOver(survey),
  ...findAmbiguity(survey.platform),
  ...withoutBeanstalk(survey),
];

function filesPassedOver({ app }: Survey): Finding[] {
  return landmarks(app.paths)
    .filter((path) => decisiveNames.test(baseName(path)))
    .slice(0, 500)
    .flatMap((file) => {
      const problem = app.problem(file);
      // A link without a target is missing too, and ships as it is.
      const absent = app.linkTarget(file) === undefined && app.git?.entry(file) !== undefined;
      if (problem === undefined || (problem === 'missing' && !absent)) return [];
      const message = `this file was not looked at: ${words[problem]}`;
      return [
        finding(
          'info',
          'file-passed-over',
          { file, line: null },
          message,
          'make it readable, or leave it out if it is not part of the app',
        ),
      ];
    });
}

/** Files whose text decides something here. `.ebextensions` have a finding of their own. */
const decisiveNames =
  /^(?:Procfile|Dockerfile|Dockerrun\.aws\.json|docker-compose\.yml|\.ebignore|(?:manage|wsgi|asgi|settings)\.py)$/;

const words: Readonly<Record<FileProblem, string>> = {
  missing: 'it is committed, but not on the disk',
  binary: 'it holds zero bytes, as binary files do',
  'too-large': 'it is larger than 2 MiB',
  'not-utf-8': 'it is not UTF-8',
  unreadable: 'it cannot be read, is not a regular file, or is a link that leads out of the repository',
};

/** Scripts that hand a bundle over, in any of the usual ways. */
const deploys =
  /\belasticbeanstalk\s+(?:create-application-version|update-environment)\b|beanstalk-deploy@|provider:\s*elasticbeanstalk|\beb\s+deploy\b/;

function withoutBeanstalk({ app, whole, appRoot, claims, ebextensions }: Survey): Finding[] {
  const named = claims.some(({ weight }) => weight >= decisive) || ebextensions.elsewhere.length > 0;
  if (appRoot.onBeanstalk || named || app.paths.length === 0 || app.has('aws-beanstalk-tools-defaults.json'))
    return [];
  if (readDeployScripts(whole).some(({ text }) => deploys.test(text))) return [];
  const message =
    'nothing here mentions Elastic Beanstalk: no .elasticbeanstalk, .ebextensions, .platform or Dockerrun.aws.json';
  const fix = 'run it in the directory that is deployed (--cwd DIR), or eb init first';
  return [finding('info', 'no-elastic-beanstalk', nowhere, message, fix)];
}
