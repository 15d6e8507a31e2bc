import { below, landmarks, topNames } from './paths.ts';
import type { Snapshot } from './snapshot.ts';

const scriptFiles =
  /^(?:\.github\/workflows\/[^/]+\.ya?ml|\.circleci\/config\.ya?ml|\.gitlab-ci\.yml|\.travis\.yml|azure-pipelines\.ya?ml|bitbucket-pipelines\.yml|Jenkinsfile|(?:[\w.-]+\/)*(?:buildspec[\w.-]*\.ya?ml|Makefile|package\.json|[\w.-]+\.sh)|(?:bin|scripts?|deploy|ci)\/[\w.-]+)$/;

const mostScripts = 300;

/** The files of CI and the scripts of a snapshot that speak of Elastic Beanstalk. */
export function readDeployScripts(snapshot: Snapshot): { readonly file: string; readonly text: string }[] {
  const files = landmarks(snapshot.paths).filter(
    (path) => !path.includes('node_modules/') && scriptFiles.test(path),
  );
  return files.slice(0, mostScripts).flatMap((file) => {
    const text = snapshot.text(file);
    return text !== undefined && /beanstalk|\beb\s+deploy\b|Dockerrun/i.test(text) ? [{ file, text }] : [];
  });
}

/** The files that may hold infrastructure as code: all that speak of deployment, and the code of a CDK app. */
export function infrastructureFiles({ paths }: Snapshot, mayHold: RegExp): string[] {
  const directories = topNames(paths).filter((name) =>
    /^[\w-]*(?:cdk|infra|deploy|beanstalk|stack)[\w-]*\/$/i.test(name),
  );
  const code = directories.flatMap((name) => below(paths, name.slice(0, -1)));
  return [...new Set([...landmarks(paths), ...code])].filter((path) => mayHold.test(path)).slice(0, 300);
}
