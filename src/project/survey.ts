import { posix } from 'node:path';
import type { Finding } from '../findings.ts';
import { type AppRoot, findAppRoot } from './app-root.ts';
import { type Bundle, mayShip, readBundle } from './bundle/bundle.ts';
import { type EbExtensions, readEbExtensions } from './ebextensions/ebextensions.ts';
import type { FrameworkReading } from './frameworks/framework-reading.ts';
import { readFramework } from './frameworks/frameworks.ts';
import { type PlatformVerdict, weighClaims } from './platform/platform.ts';
import { type Claim, claimPlatforms } from './platform/platform-claims.ts';
import type { Framework } from './project.ts';
import { narrow, type PlannedFile, type Snapshot, withChanges, withoutVendored } from './snapshot.ts';

/** Everything the checks look at; read once, in the order in which one part needs another. */
export interface Survey {
  /** The directory the command works in. */
  readonly whole: Snapshot;
  /** Its part below the app root, without vendored code. */
  readonly app: Snapshot;
  readonly appRoot: AppRoot;
  readonly bundle: Bundle;
  readonly ebextensions: EbExtensions;
  readonly claims: readonly Claim[];
  readonly platform: PlatformVerdict;
  readonly reading: FrameworkReading;
}

interface SurveyOptions {
  /** The framework, where the user has named it. */
  readonly framework?: Framework | undefined;
}

/** Reads a repository. Pure, and total: what cannot be read is a finding. */
export function survey(snapshot: Snapshot, options: SurveyOptions = {}): Survey {
  const whole = withoutVendored(snapshot);
  const appRoot = findAppRoot(whole);
  const app = narrow(whole, appRoot.root);
  const bundle = readBundle(app, whole, appRoot.root);
  const ebextensions = readEbExtensions(app, whole, appRoot.root);
  const claims = claimPlatforms(app, ebextensions, (path) => mayShip(bundle, path));
  const parts = { whole, app, appRoot, bundle, ebextensions };
  return { ...parts, claims, platform: weighClaims(claims), reading: readHosts(parts, options) };
}

function readHosts(
  { bundle, appRoot, ...parts }: Pick<Survey, 'whole' | 'app' | 'appRoot' | 'bundle' | 'ebextensions'>,
  { framework }: SurveyOptions,
): FrameworkReading {
  const ships = (path: string) => mayShip(bundle, path);
  return readFramework({ ...parts, appRoot: appRoot.root, ships, framework });
}

/** The survey of the repository as it will be once `changes`, relative to the app root, are written. */
export function surveyAfterChanges(
  read: Survey,
  changes: readonly PlannedFile[],
  options: SurveyOptions = {},
): Survey {
  const app = withChanges(read.app, changes);
  // Hooks decide nothing that is read here; a health-check path and patched settings do.
  if (changes.every(({ path }) => path.startsWith('.platform/'))) return { ...read, app };
  const { root } = read.appRoot;
  const whole = withChanges(
    read.whole,
    changes.map((change) => ({ ...change, path: posix.join(root, change.path) })),
  );
  const planned = { ...read, whole, app, ebextensions: readEbExtensions(app, whole, root) };
  return { ...planned, reading: readHosts(planned, options) };
}

/** A check looks at a surveyed repository and says what is wrong with it. Pure and total. */
export type Check = (survey: Survey) => readonly Finding[];
