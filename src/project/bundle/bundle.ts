import ignore from 'ignore';
import type { GitView, Snapshot } from '../snapshot.ts';
import { at, readYaml, textOf } from '../yaml.ts';
import { type CiBundle, readCiBundles } from './ci-bundles.ts';

/** Whether a file reaches the bundle; `ships` is null where that cannot be known. */
export interface Shipping {
  readonly ships: boolean | null;
  /** The reason, as a clause: `.ebignore leaves it out`. */
  readonly because: string;
  readonly file: string | null;
  readonly line: number | null;
}

/** How the bundle is made: by one of the four ways of `eb deploy`; `archive`: it is made already, and was read. */
export type BundleMaker = 'archive' | 'artifact' | 'ebignore' | 'git-archive' | 'work-tree';

export interface Bundle {
  readonly maker: BundleMaker;
  /** Bundles that CI makes beside `eb deploy`. */
  readonly others: readonly CiBundle[];
  /** What becomes of a file of the app root when `eb deploy` makes the bundle; it need not exist yet. */
  wouldShip(path: string): Shipping;
}

/** Reads how the app's bundle is made (aws-elastic-beanstalk-cli, `controllers/deploy.py`, `core/fileoperations.py`).
 * @param app the snapshot of the app root
 * @param whole the snapshot it was narrowed from: CI files lie at its top
 * @param appRoot the app root relative to `whole` */
export function readBundle(app: Snapshot, whole: Snapshot = app, appRoot = '.'): Bundle {
  if (app.archive !== undefined) {
    const { name } = app.archive;
    const wouldShip = (path: string) => {
      const ships = app.has(path);
      return shipping(ships, ships ? `${name} holds it` : `${name} does not hold it`);
    };
    return { maker: 'archive', others: [], wouldShip };
  }
  const others = appRoot === '.' ? readCiBundles(whole) : [];
  const artifact = at(readYaml(app.text(ebCliConfig) ?? '').value, 'deploy', 'artifact');
  const ebignore = app.text('.ebignore');
  if (artifact !== undefined && textOf(artifact) !== undefined) {
    const path = textOf(artifact) ?? '';
    return { maker: 'artifact', others, wouldShip: () => shipByArtifact(path, artifact.line) };
  }
  if (ebignore !== undefined) return { maker: 'ebignore', others, wouldShip: shipByEbignore(ebignore) };
  if (app.git !== null) return { maker: 'git-archive', others, wouldShip: shipByGit(app.git) };
  return { maker: 'work-tree', others, wouldShip: shipByZip };
}

/** Whether a file reaches a bundle by every known way of making one, or may do so. */
export function mayShip({ wouldShip, others }: Bundle, path: string): boolean {
  return wouldShip(path).ships !== false && !others.some((other) => other.leavesOut(path));
}

const ebCliConfig = '.elasticbeanstalk/config.yml';

/** `deploy.artifact`: that one file is uploaded as it is. */
function shipByArtifact(artifact: string, line: number): Shipping {
  if (/\.(?:zip|war|jar)$/i.test(artifact)) {
    return shipping(null, `deploy.artifact uploads ${artifact}, however that is made`, ebCliConfig, line);
  }
  return shipping(false, `deploy.artifact uploads nothing but ${artifact}`, ebCliConfig, line);
}

function shipByEbignore(ebignore: string): Bundle['wouldShip'] {
  const rules = readRules(ebignore);
  return (path) => {
    const fixed = alwaysLeftOut(path);
    if (fixed !== undefined) return fixed;
    const rule = rules.findLast(({ matches }) => matches(path));
    if (rule === undefined) return shipping(true, 'no line of .ebignore matches it', '.ebignore');
    const verb = rule.ignores ? 'leaves it out' : 'keeps it';
    return shipping(!rule.ignores, `'${rule.text}' in .ebignore ${verb}`, '.ebignore', rule.line);
  };
}

interface IgnoreRule {
  readonly line: number;
  readonly text: string;
  readonly ignores: boolean;
  matches(path: string): boolean;
}

/** The lines of an `.ebignore`. The EB CLI matches every single file against all patterns and the last match wins, so that a
 * `!` below an excluded directory re-includes, unlike in git (`core/fileoperations.py`, pathspec `gitwildmatch`). */
function readRules(text: string): IgnoreRule[] {
  return text.split(/\r?\n/).flatMap((source, index) => {
    if (source.trim() === '' || source.startsWith('#')) return [];
    const negated = source.startsWith('!');
    const pattern = negated ? source.slice(1) : source;
    // Each pattern alone and positive: which one wins is decided above, not by the library's git rules.
    const single = ignore({ ignorecase: false }).add(pattern.startsWith('#') ? `\\${pattern}` : pattern);
    const matches = (path: string) => single.ignores(path);
    return [{ line: index + 1, text: source.trimEnd(), ignores: !negated, matches }];
  });
}

function shipByZip(path: string): Shipping {
  return alwaysLeftOut(path) ?? shipping(true, 'the directory is zipped as it is');
}

function alwaysLeftOut(path: string): Shipping | undefined {
  const left = path.endsWith('~') || path === '.ebignore' || path.includes('.elasticbeanstalk/');
  return left ? shipping(false, 'the EB CLI always leaves it out') : undefined;
}

/** `git archive HEAD`: what is committed, less `export-ignore`; a submodule is an empty directory. */
function shipByGit(git: GitView): Bundle['wouldShip'] {
  return (path) => {
    const parents = path.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'));
    const excluded = parents.find((parent) => {
      const name = parent === path ? path : `${parent}/`;
      return git.exportIgnored(name);
    });
    if (excluded !== undefined) {
      return shipping(false, `.gitattributes gives ${excluded} export-ignore`, '.gitattributes');
    }
    // The index lists no directory: what stands at the place of one is a submodule, a link or a file.
    const above = parents.slice(0, -1).find((parent) => git.entry(parent) !== undefined) ?? '';
    const mode = git.entry(above)?.mode;
    if (mode === '160000') return shipping(null, `it lies in the submodule ${above}`, '.gitmodules');
    if (mode === '120000') return shipping(true, `${above} is a symlink, packed as one`, above);
    if (git.ignored(path)) return shipping(false, 'git ignores it', '.gitignore');
    return shipping(true, 'git archive packs what is committed');
  };
}

function shipping(
  ships: boolean | null,
  because: string,
  file: string | null = null,
  line: number | null = null,
): Shipping {
  return { ships, because, file, line };
}
