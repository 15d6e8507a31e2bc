/** An instance's platform engine: what `machine/usr/local/lib/machine/engine.py` is told by engine.json. */
export interface Engine {
  readonly platform: 'python' | 'docker' | 'compose' | 'ecs';
  /** `deleted`: the engine removes drop-ins below /usr/lib as well. */
  readonly dropIns?: 'deleted';
  /** `late`: the app is started first, then the environment file is written and the app restarted. */
  readonly environmentFile?: 'late';
  readonly getConfig?: 'broken';
  /** `none`: no nginx, the load balancer asks the app's own port. */
  readonly proxy?: 'none';
  readonly stagingDirectory?: string;
  /** Hooks run without the environment properties, as two users have reported. */
  readonly hooksLackProperties?: boolean;
  /** Option settings by namespace, for `get-config optionsettings`. */
  readonly options?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export type Properties = Readonly<Record<string, string>>;

/** A fault of the metadata service, for its next `times` requests; see metadata.py. */
export interface MetadataFault {
  readonly fault: 'refused' | 'hang' | 'empty' | 'html' | 'shell' | '401' | '403' | '404' | '500' | '503';
  readonly times: number;
  /** `PUT`: where a token is asked for; `GET`: where an item is. */
  readonly on: 'PUT' | 'GET' | 'any';
}
