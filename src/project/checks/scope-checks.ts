import { type Finding, finding, nowhere } from '../../findings.ts';
import { readDeployScripts } from '../deploy-scripts.ts';
import { baseName, landmarks } from '../paths.ts';
import { decisive } from '../platform/platform-claim.ts';
import type { FileProblem, Snapshot } from '../snapshot.ts';
import type { Survey } from '../survey.ts';
import type { Check } from './check.ts';

/** What was looked at, and whether it is the right thing to look at. */
export const checkScope: Check = (survey) => [
  ...notLookedAt(survey),
  ...rootAbove(survey),
  ...withoutBeanstalk(survey),
];

function notLookedAt({ app, whole }: Survey): Finding[] {
  const told = (message: string, fix: string, file: string | null = null) =>
    finding('info', 'not-looked-at', { file, line: null }, message, fix);
  return [
    ...(whole.gitProblem === null ? [] : [told(...gitUnusable[whole.gitProblem])]),
    ...(whole.truncated
      ? [
          told(
            'there are more files here than were looked at',
            'run it in the directory of the app: --cwd DIR',
          ),
        ]
      : []),
    ...landmarks(app.paths)
      .filter((path) => decisiveNames.test(baseName(path)))
      .slice(0, 500)
      .flatMap((file) => {
        const why = words[app.problem(file) ?? 'missing'];
        return why === undefined
          ? []
          : [
              told(
                `this file was not looked at: ${why}`,
                'make it readable, or leave it out if it is none of the app',
                file,
              ),
            ];
      }),
  ];
}

/** Files whose text decides something here. `.ebextensions` have a finding of their own. */
const decisiveNames =
  /^(?:Procfile|Dockerfile|Dockerrun\.aws\.json|docker-compose\.yml|\.ebignore|(?:manage|wsgi|asgi|settings)\.py)$/;

const words: Partial<Record<FileProblem, string>> = {
  binary: 'it holds zero bytes, as binary files do',
  'too-large': 'it is larger than 2 MiB',
  'not-utf-8': 'it is not UTF-8',
  unreadable: 'it may not be read, is no regular file, or is a link that leads out of the repository',
};

const notAsked = 'git could not be asked what is ignored and committed';
const gitUnusable: Readonly<Record<NonNullable<Snapshot['gitProblem']>, readonly [string, string]>> = {
  'no-git-program': [`${notAsked}: there is no program git`, 'install git'],
  'owned-by-another': [
    `${notAsked}: the repository belongs to another user`,
    'git config --global --add safe.directory "$PWD" (the top of the repository)',
  ],
  'git-failed': [`${notAsked}: it failed`, 'run git status to see why'],
};

function rootAbove({ whole, appRoot }: Survey): Finding[] {
  if (whole.ebRootAbove === null || appRoot.root !== '.') return [];
  return [
    finding(
      'warning',
      'app-root-above',
      nowhere,
      `the EB CLI takes ${whole.ebRootAbove} for the root of the bundle, since .elasticbeanstalk lies there: hooks written here would not be in its root`,
      `--cwd ${whole.ebRootAbove}`,
    ),
  ];
}

/** Scripts that hand a bundle over, in any of the usual ways. */
const deploys =
  /\belasticbeanstalk\s+(?:create-application-version|update-environment)\b|beanstalk-deploy@|provider:\s*elasticbeanstalk|\beb\s+deploy\b/;

function withoutBeanstalk({ app, whole, appRoot, claims, ebextensions }: Survey): Finding[] {
  const named = claims.some(({ weight }) => weight >= decisive) || ebextensions.elsewhere.length > 0;
  if (appRoot.onBeanstalk || named || app.paths.length === 0 || app.has('aws-beanstalk-tools-defaults.json'))
    return [];
  if (readDeployScripts(whole).some(({ text }) => deploys.test(text))) return [];
  return [
    finding(
      'info',
      'no-elastic-beanstalk',
      nowhere,
      'nothing here mentions Elastic Beanstalk: no .elasticbeanstalk, .ebextensions, .platform or Dockerrun.aws.json',
      'run it in the directory that is deployed (--cwd DIR), or eb init first',
    ),
  ];
}
