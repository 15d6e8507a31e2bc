import { baseName } from '../paths.ts';
import type { GitView, Snapshot } from '../snapshot.ts';
import { at, readYaml, textOf } from '../yaml.ts';
import { decidingRule } from './ebignore.ts';
import { readZipScripts, type ZipScript } from './zip-scripts.ts';

/** Whether a file reaches the bundle; `ships` is null where that cannot be known. */
export interface Shipping {
  readonly ships: boolean | null;
  /** The reason, as a clause: `.ebignore leaves it out`. */
  readonly because: string;
  readonly file: string | null;
  readonly line: number | null;
}

/** How the bundle is made: `eb deploy` by one of its four ways. */
export type BundleMaker = 'artifact' | 'ebignore' | 'git-archive' | 'work-tree';

export interface Bundle {
  readonly maker: BundleMaker;
  /** Scripts that make a bundle beside `eb deploy`. */
  readonly scripts: readonly ZipScript[];
  /** What becomes of a file of the app root when `eb deploy` makes the bundle; it need not exist yet. */
  wouldShip(path: string): Shipping;
}

/** Reads how the app's bundle is made (aws-elastic-beanstalk-cli, `controllers/deploy.py`, `core/fileoperations.py`).
 * @param app the snapshot of the app root
 * @param whole the snapshot it was narrowed from: CI files lie at its top
 * @param appRoot the app root relative to `whole` */
export function readBundle(app: Snapshot, whole: Snapshot = app, appRoot = '.'): Bundle {
  const scripts = readZipScripts(whole, appRoot);
  const artifact = readArtifact(app);
  if (artifact !== undefined)
    return { maker: 'artifact', scripts, wouldShip: shipByArtifact(artifact, scripts) };
  const ebignore = app.text('.ebignore');
  if (ebignore !== undefined) return { maker: 'ebignore', scripts, wouldShip: shipByEbignore(ebignore) };
  if (app.git !== null) return { maker: 'git-archive', scripts, wouldShip: shipByGit(app.git) };
  return { maker: 'work-tree', scripts, wouldShip: shipByZip };
}

interface Artifact {
  readonly path: string;
  readonly line: number;
}

const eBCliConfig = '.elasticbeanstalk/config.yml';

/** `deploy.artifact`: that one file is uploaded as it is. */
function readArtifact(app: Snapshot): Artifact | undefined {
  const node = at(readYaml(app.text(eBCliConfig) ?? '').value, 'deploy', 'artifact');
  const path = textOf(node);
  return path === undefined || node === undefined ? undefined : { path, line: node.line };
}

function shipByArtifact(artifact: Artifact, scripts: readonly ZipScript[]): Bundle['wouldShip'] {
  const made = scripts.find(({ archive }) => baseName(archive) === baseName(artifact.path));
  return (path) => {
    if (!/\.(?:zip|war|jar)$/i.test(artifact.path)) {
      return shipping(
        false,
        `deploy.artifact uploads nothing but ${artifact.path}`,
        eBCliConfig,
        artifact.line,
      );
    }
    if (made !== undefined) return shipByScript(made, path);
    return shipping(
      null,
      `deploy.artifact uploads ${artifact.path}, however that is made`,
      eBCliConfig,
      artifact.line,
    );
  };
}

/** What becomes of a file when a script makes the bundle. */
export function shipByScript(script: ZipScript, path: string): Shipping {
  const packs = script.packs(path);
  const said =
    packs === null ? 'packs what cannot be known here into' : packs ? 'packs it into' : 'leaves it out of';
  return shipping(packs, `${script.file} ${said} ${script.archive}`, script.file, script.line);
}

function shipByEbignore(ebignore: string): Bundle['wouldShip'] {
  return (path) => {
    const fixed = alwaysLeftOut(path);
    if (fixed !== undefined) return fixed;
    const rule = decidingRule(ebignore, path);
    if (rule === undefined) return shipping(true, 'no line of .ebignore matches it', '.ebignore', null);
    const verb = rule.ignores ? 'leaves it out' : 'keeps it';
    return shipping(!rule.ignores, `'${rule.text}' in .ebignore ${verb}`, '.ebignore', rule.line);
  };
}

function shipByZip(path: string): Shipping {
  return alwaysLeftOut(path) ?? shipping(true, 'the directory is zipped as it is', null, null);
}

function alwaysLeftOut(path: string): Shipping | undefined {
  const left = path.endsWith('~') || path === '.ebignore' || path.includes('.elasticbeanstalk/');
  return left ? shipping(false, 'the EB CLI always leaves it out', null, null) : undefined;
}

/** `git archive HEAD`: what is committed, less `export-ignore`; a submodule is an empty directory. */
function shipByGit(git: GitView): Bundle['wouldShip'] {
  return (path) => {
    const parents = path.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'));
    const excluded = parents.find((parent) => {
      const name = parent === path ? path : `${parent}/`;
      return git.attribute(name, 'export-ignore') === 'set';
    });
    if (excluded !== undefined) {
      return shipping(false, `.gitattributes gives ${excluded} export-ignore`, '.gitattributes', null);
    }
    // The index lists no directory: what stands at the place of one is a submodule, a link or a file.
    const above = parents.slice(0, -1).find((parent) => git.entry(parent) !== undefined) ?? '';
    switch (git.entry(above)?.mode) {
      case '160000':
        return shipping(null, `it lies in the submodule ${above}`, '.gitmodules', null);
      case '120000':
        return shipping(true, `${above} is a symlink, packed as one`, above, null);
    }
    if (git.ignored(path)) return shipping(false, 'git ignores it', '.gitignore', null);
    return shipping(true, 'git archive packs what is committed', null, null);
  };
}

function shipping(
  ships: boolean | null,
  because: string,
  file: string | null,
  line: number | null,
): Shipping {
  return { ships, because, file, line };
}
