import { type Finding, finding, nowhere } from '../findings.ts';
import { isTemplatePath, landmarks } from './paths.ts';
import type { Evidence } from './project.ts';
import type { Snapshot } from './snapshot.ts';

/** Where the bundle's root lies below the directory that a command works in. */
export interface AppRoot {
  /** Relative to the snapshot, with `/`; `.` for its own root. */
  readonly root: string;
  /** Whether a file of Elastic Beanstalk's says so. */
  readonly onBeanstalk: boolean;
  readonly evidence: readonly Evidence[];
  readonly findings: readonly Finding[];
}

/** What a bundle's root holds, and how much it weighs: five and more if only Elastic Beanstalk has it. The directory is
 * what stands before the match. */
const marks: readonly (readonly [RegExp, number, string])[] = [
  [/(?:^|\/)\.elasticbeanstalk\/config(?:\.global)?\.ya?ml$/, 20, '.elasticbeanstalk/config.yml'],
  [/(?:^|\/)\.elasticbeanstalk\/saved_configs\/[^/]+\.cfg\.yml$/, 8, '.elasticbeanstalk/saved_configs'],
  [/(?:^|\/)\.ebextensions\/[^/]+\.config$/, 6, '.ebextensions'],
  [/(?:^|\/)\.platform\/(?:hooks|confighooks|nginx|httpd)\/.+$/, 6, '.platform'],
  [/(?:^|\/)\.ebignore$/, 6, '.ebignore'],
  [/(?:^|\/)Dockerrun\.aws(?:[._-][\w.-]+)?\.json(?:[._-]\w+)?$/i, 5, 'Dockerrun.aws.json'],
  [/(?:^|\/)aws-windows-deployment-manifest\.json$/, 5, 'aws-windows-deployment-manifest.json'],
  [/(?:^|\/)Procfile$/, 3, 'Procfile'],
  [/(?:^|\/)manage\.py$/, 2, 'manage.py'],
  [/(?:^|\/)(?:requirements\.txt|Pipfile|pyproject\.toml)$/, 2, 'Python requirements'],
  [/(?:^|\/)(?:Gemfile|composer\.json|go\.mod|pom\.xml|build\.gradle|package\.json)$/, 1, 'a manifest'],
  [/(?:^|\/)(?:Dockerfile|docker-compose\.ya?ml)$/, 1, 'Docker files'],
];
const lightestOfBeanstalk = 5;

/** Other people's, generated, or example code: never the root while there is another. */
const unlikely =
  /(?:^|\/)(?:tests?|fixtures?|examples?|samples?|docs?|templates?|vendor|third_party|archived?|old|backup|legacy|deprecated|build|dist|(?:te?mp|test|old|copy)[-_][^/]*|[^/]*[-_](?:old|bak|backup|copy|unzip))(?:\/|$)/i;

/** A bundle for developers, which comes after its twin for production. */
const forDevelopment = /(?:^|\/)(?:dev|develop|development|local|sandbox|staging)(?:\/|$)/i;

interface Candidate {
  readonly root: string;
  readonly weight: number;
  readonly beanstalk: boolean;
  readonly names: readonly string[];
  readonly file: string;
}

/** Finds where the bundle's root is: the EB CLI takes the directory that holds `.elasticbeanstalk`, Elastic Beanstalk reads
 * `.ebextensions` and `.platform` from the root of the bundle. */
export function findAppRoot(snapshot: Snapshot): AppRoot {
  const candidates = weighDirectories(snapshot.paths).toSorted(byLikelihood);
  const onBeanstalk = candidates.filter(({ beanstalk }) => beanstalk);
  const [best, ...others] = onBeanstalk.length > 0 ? onBeanstalk : candidates;
  if (best === undefined || !(best.beanstalk || isOnlyApp(best, others))) {
    return { root: '.', onBeanstalk: false, evidence: [], findings: [] };
  }
  const because = `it holds ${best.names.join(', ')}`;
  const rivals = best.beanstalk ? others.filter(({ root }) => !isDoubtful(root)) : [];
  return {
    root: best.root,
    onBeanstalk: best.beanstalk,
    evidence: [{ conclusion: `app root ${best.root}`, because, file: best.file, line: null }],
    findings: rivals[0] === undefined ? [] : [ambiguous(best, rivals[0])],
  };
}

function weighDirectories(paths: readonly string[]): Candidate[] {
  const found = new Map<string, Map<string, { weight: number; path: string }>>();
  for (const path of landmarks(paths)) {
    for (const [pattern, weight, name] of marks) {
      const at = path.search(pattern);
      const root = at < 1 ? '.' : path.slice(0, at);
      // Deeper ones belong to something vendored or generated.
      if (at === -1 || root.split('/').length > 5) continue;
      const seen = found.get(root) ?? new Map();
      if (!seen.has(name)) seen.set(name, { weight, path });
      found.set(root, seen);
    }
  }
  return [...found].map(([root, seen]) => {
    const weights = [...seen.values()].map(({ weight }) => weight);
    return {
      root,
      weight: weights.reduce((sum, weight) => sum + weight, 0),
      beanstalk: weights.some((weight) => weight >= lightestOfBeanstalk),
      names: [...seen.keys()],
      file: [...seen.values()][0]?.path ?? root,
    };
  });
}

const isDoubtful = (root: string): boolean => unlikely.test(root) || isTemplatePath(root);

function byLikelihood(a: Candidate, b: Candidate): number {
  const doubt = ({ root }: Candidate) => Number(unlikely.test(root)) * 2 + Number(isTemplatePath(root));
  const depth = ({ root }: Candidate) => (root === '.' ? 0 : root.split('/').length);
  const development = ({ root }: Candidate) => Number(forDevelopment.test(root));
  return (
    doubt(a) - doubt(b) ||
    b.weight - a.weight ||
    depth(a) - depth(b) ||
    development(a) - development(b) ||
    (a.root < b.root ? -1 : 1)
  );
}

/** Without any file of Elastic Beanstalk's, a sub-directory is the root only if it is the one app and the top is none. */
function isOnlyApp(best: Candidate, others: readonly Candidate[]): boolean {
  if (best.root === '.') return true;
  const rival = others.some(({ root, weight }) => root === '.' || weight >= best.weight);
  return !rival && best.weight >= 4 && !unlikely.test(best.root);
}

function ambiguous(best: Candidate, other: Candidate): Finding {
  const [where, elsewhere] = [best, other].map(({ root }) => (root === '.' ? 'the top directory' : root));
  return finding(
    'warning',
    'app-root-ambiguous',
    nowhere,
    `two directories look like the root of a bundle: ${where} was taken (${best.names.join(', ')}), not ${elsewhere} (${other.names.join(', ')})`,
    // Of a directory and one below it, the one below cannot be passed over by `--cwd`.
    other.root === '.'
      ? `if the top directory is deployed, remove these files from ${best.root}; else remove what is stale at the top`
      : `name the directory that is deployed: --cwd ${other.root}; remove what is stale elsewhere`,
  );
}
