import type { Finding } from '../findings.ts';
import { landmarks } from './paths.ts';
import type { Evidence } from './project.ts';
import type { Snapshot } from './snapshot.ts';
import { isTemplatePath } from './template-marks.ts';

/** Where the bundle's root lies, and how sure that is. */
export interface AppRoot {
  /** Relative to the snapshot, with `/`; `.` for its own root. */
  readonly root: string;
  /** All directories that look like a bundle's root, the best first. */
  readonly candidates: readonly string[];
  /** Whether a file of Elastic Beanstalk's says so. */
  readonly onBeanstalk: boolean;
  readonly evidence: readonly Evidence[];
  readonly findings: readonly Finding[];
}

interface Mark {
  readonly pattern: RegExp;
  readonly weight: number;
  /** Whether nothing but Elastic Beanstalk has this file. */
  readonly beanstalk: boolean;
  readonly name: string;
}

/** What a bundle's root holds; the pattern matches the end of a path, the directory is what stands before it. */
const marks: readonly Mark[] = [
  {
    pattern: /(?:^|\/)\.elasticbeanstalk\/config(?:\.global)?\.ya?ml$/,
    weight: 20,
    beanstalk: true,
    name: '.elasticbeanstalk/config.yml',
  },
  {
    pattern: /(?:^|\/)\.elasticbeanstalk\/saved_configs\/[^/]+\.cfg\.yml$/,
    weight: 8,
    beanstalk: true,
    name: '.elasticbeanstalk/saved_configs',
  },
  { pattern: /(?:^|\/)\.ebextensions\/[^/]+\.config$/, weight: 6, beanstalk: true, name: '.ebextensions' },
  {
    pattern: /(?:^|\/)\.platform\/(?:hooks|confighooks|nginx|httpd)\/.+$/,
    weight: 6,
    beanstalk: true,
    name: '.platform',
  },
  { pattern: /(?:^|\/)\.ebignore$/, weight: 6, beanstalk: true, name: '.ebignore' },
  {
    pattern: /(?:^|\/)Dockerrun\.aws(?:[._-][\w.-]+)?\.json(?:[._-]\w+)?$/i,
    weight: 5,
    beanstalk: true,
    name: 'Dockerrun.aws.json',
  },
  {
    pattern: /(?:^|\/)aws-windows-deployment-manifest\.json$/,
    weight: 5,
    beanstalk: true,
    name: 'aws-windows-deployment-manifest.json',
  },
  { pattern: /(?:^|\/)Procfile$/, weight: 3, beanstalk: false, name: 'Procfile' },
  { pattern: /(?:^|\/)manage\.py$/, weight: 2, beanstalk: false, name: 'manage.py' },
  {
    pattern: /(?:^|\/)(?:requirements\.txt|Pipfile|pyproject\.toml)$/,
    weight: 2,
    beanstalk: false,
    name: 'Python requirements',
  },
  {
    pattern: /(?:^|\/)(?:Gemfile|composer\.json|go\.mod|pom\.xml|build\.gradle|package\.json)$/,
    weight: 1,
    beanstalk: false,
    name: 'a manifest',
  },
  {
    pattern: /(?:^|\/)(?:Dockerfile|docker-compose\.ya?ml)$/,
    weight: 1,
    beanstalk: false,
    name: 'Docker files',
  },
];

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
  const candidates = weigh(snapshot.paths);
  const onBeanstalk = candidates.filter(({ beanstalk }) => beanstalk);
  const field = (onBeanstalk.length > 0 ? onBeanstalk : candidates).toSorted(byLikelihood);
  const [best, ...others] = field;
  const rivals = others.filter(({ root }) => !unlikely.test(root) && !isTemplatePath(root));
  if (best === undefined || (onBeanstalk.length === 0 && !isOnlyApp(best, field))) {
    return { root: '.', candidates: ['.'], onBeanstalk: false, evidence: [], findings: [] };
  }
  return {
    root: best.root,
    candidates: field.map(({ root }) => root),
    onBeanstalk: onBeanstalk.length > 0,
    evidence: [
      {
        conclusion: `app root ${best.root}`,
        because: `it holds ${best.names.join(', ')}`,
        file: best.file,
        line: null,
      },
    ],
    findings: onBeanstalk.length > 0 && rivals.length > 0 ? [ambiguous(best, rivals)] : [],
  };
}

function weigh(paths: readonly string[]): Candidate[] {
  const found = new Map<string, Map<Mark, string>>();
  for (const path of landmarks(paths)) {
    for (const mark of marks) {
      const at = path.search(mark.pattern);
      if (at === -1) continue;
      const root = at === 0 ? '.' : path.slice(0, at);
      // Deeper ones belong to something vendored or generated.
      if (root.split('/').length > 5) continue;
      const seen = found.get(root) ?? new Map<Mark, string>();
      if (!seen.has(mark)) seen.set(mark, path);
      found.set(root, seen);
    }
  }
  return [...found].map(([root, seen]) => ({
    root,
    weight: [...seen.keys()].reduce((sum, mark) => sum + mark.weight, 0),
    beanstalk: [...seen.keys()].some((mark) => mark.beanstalk),
    names: [...seen.keys()].map((mark) => mark.name),
    file: [...seen.values()][0] ?? root,
  }));
}

function byLikelihood(a: Candidate, b: Candidate): number {
  const doubt = (candidate: Candidate) =>
    (unlikely.test(candidate.root) ? 100 : 0) + (isTemplatePath(candidate.root) ? 50 : 0);
  const forDevelopers = (candidate: Candidate) => Number(forDevelopment.test(candidate.root));
  return (
    doubt(a) - doubt(b) ||
    b.weight - a.weight ||
    depth(a.root) - depth(b.root) ||
    forDevelopers(a) - forDevelopers(b) ||
    (a.root < b.root ? -1 : 1)
  );
}

const depth = (root: string): number => (root === '.' ? 0 : root.split('/').length);

/** Without any file of Elastic Beanstalk's, a sub-directory is the root only if it is the one app and the top is none. */
function isOnlyApp(best: Candidate, field: readonly Candidate[]): boolean {
  if (best.root === '.') return true;
  const top = field.find(({ root }) => root === '.');
  const rivals = field.filter(
    ({ root, weight }) => root !== best.root && root !== '.' && weight >= best.weight,
  );
  return top === undefined && rivals.length === 0 && best.weight >= 4 && !unlikely.test(best.root);
}

function ambiguous(best: Candidate, others: readonly Candidate[]): Finding {
  const named = others.slice(0, 3).map(({ root }) => (root === '.' ? 'the top directory' : `'${root}'`));
  const more = others.length > 3 ? ` and ${others.length - 3} more` : '';
  const where = best.root === '.' ? 'the top directory' : `'${best.root}'`;
  return {
    code: 'app-root-ambiguous',
    severity: 'warning',
    file: null,
    line: null,
    message: `several directories look like the root of a bundle: ${where} was taken (${best.names.join(', ')}), not ${named.join(', ')}${more}`,
    fix: chooseInstead(best, others[0]?.root ?? best.root),
  };
}

/** Of a directory and one below it, the one below cannot be passed over by `--cwd`. */
function chooseInstead(best: Candidate, other: string): string {
  return other === '.'
    ? `if the top directory is deployed, remove these files from ${best.root}; else remove what is stale at the top`
    : `name the directory that is deployed: --cwd ${other}; remove what is stale elsewhere`;
}
