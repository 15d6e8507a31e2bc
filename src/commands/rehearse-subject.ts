import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { hookPath } from '../generated-paths.ts';
import type { GivenChoices } from '../hooks/choices.ts';
import { readRemembered } from '../hooks/flags.ts';
import { findAppRoot } from '../project/app-root.ts';
import { type Bundle, readBundle } from '../project/bundle/bundle.ts';
import { type EbExtensions, readEbExtensions } from '../project/ebextensions/ebextensions.ts';
import type { FrameworkReading } from '../project/frameworks/framework-reading.ts';
import { type PlatformVerdict, weighClaims } from '../project/platform/platform.ts';
import { claimPlatforms } from '../project/platform/platform-claims.ts';
import { narrow, type Snapshot, withoutVendored } from '../project/snapshot.ts';
import { survey } from '../project/survey.ts';
import { takeSnapshot } from '../repository/take-snapshot.ts';
import { readWorkTreeFile } from '../repository/work-tree.ts';

/** What is rehearsed. */
export interface Subject {
  /** The app root, absolute. */
  readonly directory: string;
  /** The files of the bundle, relative to it. */
  readonly shipped: readonly string[];
  readonly app: Snapshot;
  readonly ebextensions: EbExtensions;
  readonly platform: PlatformVerdict;
  /** What decides whether the generated hook is deployed, as a clause; asked only where it is not. */
  readonly hookShipping: () => string;
  /** What the generated hook remembers; undefined without one. */
  readonly choices: GivenChoices | undefined;
  /** What the app's own code says. */
  readonly reading: FrameworkReading;
}

/** Reads as much of the repository as a rehearsal needs.
 * @throws UserError `no-such-directory`, `bad-settings` */
export async function readSubject(cwd: string): Promise<Subject> {
  const snapshot = await takeSnapshot(cwd);
  const whole = withoutVendored(snapshot);
  const { root } = findAppRoot(whole);
  const app = narrow(whole, root);
  const bundle = readBundle(app, whole, root);
  const ebextensions = readEbExtensions(app);
  const ships = shippedFrom(bundle, app, whole);
  const directory = join(cwd, root);
  // On the disk, since a listing by git does not look through a link.
  const hook = readWorkTreeFile(directory, hookPath);
  const choices = hook === undefined ? undefined : readRemembered(hook.text, hookPath);
  const platform = weighClaims(claimPlatforms(app, ebextensions, ships));
  return {
    directory,
    shipped: narrow(snapshot, root).paths.filter(ships),
    app,
    ebextensions,
    platform,
    hookShipping: () => bundle.wouldShip(hookPath).because,
    choices,
    reading: survey(snapshot).reading,
  };
}

/** Whether a file that the snapshot lists reaches the bundle. Git is asked a question a file, hence only where its listing
 * leaves one open: it does not hide ignored hooks, and tells nothing of `export-ignore`. */
function shippedFrom(bundle: Bundle, app: Snapshot, whole: Snapshot): (path: string) => boolean {
  const ships = (path: string) => bundle.wouldShip(path).ships !== false;
  const { git } = app;
  if (bundle.maker !== 'git-archive' || git === null) return ships;
  const attributes = whole.paths.filter((path) => /(?:^|\/)\.gitattributes$/.test(path));
  const excludes = attributes.some((path) => whole.text(path)?.includes('export-ignore'));
  return (path) => {
    if (!/^\.(?:platform|ebextensions)\//.test(path)) return true;
    return excludes ? ships(path) : !git.ignored(path);
  };
}

/** What InstallDependency would leave beside the app: here the person's own, where the bundle has none. */
export function dependenciesOf({ directory, shipped }: Subject): string[] {
  return ['node_modules', 'vendor', '.venv', 'venv', 'env'].filter(
    (name) => existsSync(join(directory, name)) && !shipped.some((path) => path.startsWith(`${name}/`)),
  );
}
