const names =
  /^(-|_)?(health(z|y|check|[-_]check|status)?|healthchecks?|ht|hc|live(z|ness)?|alive|ready(z)?|readiness|ping|status|up|heartbeat|_*heartbeat_*|lb[-_]?(check|status)|elb[-_]?(check|status|health)?|watchman)$/i;

/** Whether a path ends in a name that health endpoints have: `/health/`, `/api/healthz`, `/ht/`. */
export function isHealthName(path: string): boolean {
  const parts = path.split('/').filter((part) => part !== '');
  return names.test((parts.at(-1) ?? '').replace(/\.(json|html|txt)$/, ''));
}
