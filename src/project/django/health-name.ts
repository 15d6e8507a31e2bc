const names =
  /^(-|_)?(health(z|y|check|[-_]check|status)?|healthchecks?|ht|hc|live(z|ness)?|alive|ready(z)?|readiness|ping|status|up|heartbeat|_*heartbeat_*|lb[-_]?(check|status)|elb[-_]?(check|status|health)?|watchman)$/i;

/** Names that a thing of the app may have as well as the app itself: `/orders/export/status/`. */
const ambiguous = /^(status|up|ready|live)$/i;

/** What may stand before such a name without being a thing of the app. */
const prefix =
  /^(api|v\d[\d.]*|[-_]\w*|core|internal|system|server|service|web|app|public|monitor(ing)?|health.*)$/i;

/** A path of more parts is about one feature of the app, and most likely behind its login. */
const mostParts = 3;

/** Whether a path ends in a name that health endpoints have: `/health/`, `/api/healthz`, `/ht/`. */
export function isHealthName(path: string): boolean {
  const parts = path.split('/').filter((part) => part !== '');
  const name = (parts.pop() ?? '').replace(/\.(json|html|txt)$/, '');
  if (!names.test(name)) return false;
  return parts.every((part) => prefix.test(part)) || (!ambiguous.test(name) && parts.length < mostParts);
}
