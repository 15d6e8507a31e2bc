import type { CheckAnswer } from './health-checker.ts';

/** What an answer tells of a host allow-list. */
export interface Refusal {
  /** Who refused, in words. */
  readonly by: string;
  /** Where its list is. */
  readonly list: string;
  /** Whether the page says so, or is only the one that usually means it. */
  readonly certain: boolean;
}

const signatures: readonly (Refusal & { status: number; page: RegExp })[] = [
  {
    status: 400,
    page: /DisallowedHost|Invalid HTTP_HOST header/,
    by: 'Django (DisallowedHost)',
    list: 'ALLOWED_HOSTS',
    certain: true,
  },
  {
    status: 400,
    page: /<h1>Bad Request \(400\)<\/h1>/,
    by: "Django's page for a bad request",
    list: 'ALLOWED_HOSTS',
    certain: false,
  },
  {
    status: 400,
    page: /^\s*Invalid host header\s*$/,
    by: 'Starlette (TrustedHostMiddleware)',
    list: 'allowed_hosts',
    certain: true,
  },
  {
    status: 400,
    page: /Invalid Hostname|request hostname is invalid/i,
    by: 'ASP.NET Core (host filtering)',
    list: 'AllowedHosts',
    certain: true,
  },
  {
    status: 400,
    page: /Untrusted Host/i,
    by: 'Symfony (trusted hosts)',
    list: 'trusted_hosts',
    certain: true,
  },
  {
    status: 400,
    page: /Host\b.{0,80}\bis not trusted/,
    by: 'Werkzeug (trusted hosts)',
    list: 'TRUSTED_HOSTS',
    certain: true,
  },
  {
    status: 404,
    page: /Bad hostname provided/,
    by: 'Laravel (TrustHosts)',
    list: 'trusted hosts',
    certain: true,
  },
  {
    status: 403,
    page: /Blocked hosts?:/,
    by: 'Rails (HostAuthorization)',
    list: 'config.hosts',
    certain: true,
  },
  {
    status: 403,
    page: /Blocked request\. This host/,
    by: 'Vite',
    list: 'server.allowedHosts',
    certain: true,
  },
];

/** Which framework's host allow-list this answer comes from; undefined if it looks like none. */
export function hostRefusal({ status, body }: CheckAnswer): Refusal | undefined {
  return signatures.find((signature) => signature.status === status && signature.page.test(body));
}
