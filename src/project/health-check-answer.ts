/** How the app answers the load balancer's check, as far as its files tell. */
export interface HealthCheckAnswer {
  /**
   * `exempt`: a middleware answers the path, or lets it through, before anything looks at the host. `refused-before-host`: one would
   * answer it, but comes behind one that looks at the host first. `redirect`, `login`: what the check gets once its host is admitted.
   */
  readonly kind: 'exempt' | 'refused-before-host' | 'redirect' | 'login' | 'none';
  /** What answers. */
  readonly file: string | null;
  readonly line: number | null;
  /** Each thing that answers otherwise than by 200, and what to do about it. */
  readonly causes: readonly Cause[];
}

export interface Cause {
  readonly what: 'ssl' | 'slash' | 'www' | 'view' | 'language' | 'login' | 'permission' | 'late';
  readonly status: number;
  readonly file: string | null;
  readonly line: number | null;
  readonly message: string;
}
