import type { CheckAnswer, HealthCheck } from './health-checker.ts';
import type { Explanation } from './verdict.ts';

const loginPath = /(?:^|[/_-])(?:log-?in|log_in|sign-?in|sign_in|sso|auth|oauth2?|accounts?)(?:[/_.-]|$)/i;

/** What a redirect says: the load balancer never follows one. */
export function explainRedirect(check: HealthCheck, answer: CheckAnswer, host: string): Explanation {
  const { status } = answer;
  const { location } = answer.headers;
  if (location === undefined) {
    return {
      code: 'redirect',
      message: `${status}: a redirect that does not say where to`,
      fix: 'let the health view answer 200',
    };
  }
  const from = urlOf(check, host);
  const to = from === undefined ? undefined : parse(location, from);
  if (from === undefined || to === undefined) return elsewhere(status, location);
  const slashAdded = to.pathname === `${from.pathname}/`;
  if (
    from.protocol === 'http:' &&
    to.protocol === 'https:' &&
    (to.pathname === from.pathname || slashAdded)
  ) {
    const path = slashAdded ? to.pathname : from.pathname;
    return {
      code: 'https-redirect',
      message: `${status} to https: a rule that sends everyone to TLS takes the health check along, which always comes in plain HTTP`,
      fix: `exempt the path (Django: SECURE_REDIRECT_EXEMPT = [r"^${path.slice(1).replaceAll('.', '\\.')}$"]), or redirect at the load balancer instead`,
    };
  }
  if (slashAdded && to.host === from.host) {
    return {
      code: 'slash-redirect',
      message: `${status} to ${to.pathname}: the path lacks its slash at the end (Django: APPEND_SLASH)`,
      fix: `check ${to.pathname}: 'eb-hosts health-check set ${to.pathname}'`,
    };
  }
  if (loginPath.test(to.pathname) || /[?&](?:next|return_?to|redirect_?uri)=/i.test(to.search)) {
    return {
      code: 'login-redirect',
      message: `${status} to ${to.pathname}: the path needs a login`,
      fix: 'check a path that needs none, a health view of its own for example',
    };
  }
  if (to.hostname !== from.hostname) {
    return {
      code: 'host-redirect',
      message: `${status} to ${to.hostname}: a rule sends every other host name to the site's own`,
      fix: 'exempt the health-check path from that rule',
    };
  }
  return elsewhere(status, location);
}

function elsewhere(status: number, location: string): Explanation {
  return {
    code: 'redirect',
    message: `${status} to ${location}: the load balancer does not follow it`,
    fix: 'check a path that answers 200 itself',
  };
}

function urlOf({ scheme, path }: HealthCheck, host: string): URL | undefined {
  return parse(`${scheme}://${host}${path}`);
}

function parse(text: string, base?: URL): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}
