import { type AppRoot, findAppRoot } from './app-root.ts';
import { type Bundle, readBundle } from './bundle/bundle.ts';
import { type EbExtensions, readEbExtensions } from './ebextensions/ebextensions.ts';
import type { FrameworkReading } from './frameworks/framework-reading.ts';
import { readFramework } from './frameworks/frameworks.ts';
import { narrow, withoutVendored } from './narrow.ts';
import { type PlatformVerdict, weighClaims } from './platform/platform.ts';
import type { Claim } from './platform/platform-claim.ts';
import { claimPlatforms } from './platform/platform-claims.ts';
import type { Framework } from './project.ts';
import type { Snapshot } from './snapshot.ts';

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

export interface SurveyOptions {
  /** The app root, where the user has named it. */
  readonly appRoot?: string | undefined;
  /** The dotted name of the settings module, where the user has named it. */
  readonly settingsModule?: string | undefined;
  /** The framework, where the user has named it. */
  readonly framework?: Framework | undefined;
}

/** Reads a repository. Pure, and total: what cannot be read is a finding. */
export function survey(snapshot: Snapshot, options: SurveyOptions = {}): Survey {
  const whole = withoutVendored(snapshot);
  const appRoot =
    options.appRoot === undefined
      ? findAppRoot(whole)
      : {
          root: options.appRoot,
          candidates: [options.appRoot],
          onBeanstalk: true,
          evidence: [],
          findings: [],
        };
  const app = narrow(whole, appRoot.root);
  const bundle = readBundle(app, whole, appRoot.root);
  const ebextensions = readEbExtensions(app);
  const ships = (path: string) => reaches(bundle, path);
  const claims = claimPlatforms(app, ebextensions, ships);
  return {
    whole,
    app,
    appRoot,
    bundle,
    ebextensions,
    claims,
    platform: weighClaims(claims),
    reading: readFramework({
      whole,
      app,
      appRoot: appRoot.root,
      ebextensions,
      ships,
      settingsModule: options.settingsModule,
      framework: options.framework,
    }),
  };
}

/** Whether a file reaches a bundle by every known way of making one. */
function reaches({ wouldShip, scripts }: Bundle, path: string): boolean {
  return wouldShip(path).ships !== false && scripts.every((script) => script.packs(path) !== false);
}
