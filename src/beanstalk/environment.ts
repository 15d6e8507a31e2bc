/** An environment as this program sees it. */
export interface Environment {
  readonly name: string;
  readonly application: string;
  readonly region: string;
  /** `Ready`, `Updating`, `Launching`, `Terminating`, … */
  readonly status: string;
  /** `Green`, `Yellow`, `Red`, `Grey`. */
  readonly color: string | undefined;
  /** `Ok`, `Warning`, `Severe`, …; absent without enhanced health. */
  readonly healthStatus: string | undefined;
  readonly worker: boolean;
  /** The solution stack or the platform's ARN. */
  readonly platform: string | undefined;
  readonly platformArn: string | undefined;
}

/** Something that happened to an environment. */
export interface EnvironmentEvent {
  readonly date: string | null;
  /** `TRACE` to `FATAL`. */
  readonly severity: string;
  readonly message: string;
  readonly requestId: string | undefined;
}

/** The health of an environment, with the service's own words for its causes. */
export interface Health {
  readonly status: string | null;
  readonly color: string | null;
  readonly causes: readonly string[];
}

/** The health of one instance. */
export interface InstanceHealth {
  readonly id: string;
  readonly status: string | null;
  readonly causes: readonly string[];
}

/** What is known of a platform's version. */
export interface PlatformVersion {
  /** ISO 8601; null where unknown. */
  readonly created: string | null;
  /** `Supported`, `Deprecated`, `Retired`, … as the service says of the branch. */
  readonly branchState: string | null;
}

/** An option and the value it is to get. */
export interface OptionValue {
  readonly namespace: string;
  readonly option: string;
  readonly value: string;
}
