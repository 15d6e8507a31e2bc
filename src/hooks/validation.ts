import { UserError } from '../errors.ts';
import { parseMatcher } from '../matcher.ts';

/** Names whose meaning to the shell, the loader or the hook itself leaves no room for a list of hosts. `HOSTS`, a
 * setting too, is one that apps use: the hook keeps the property apart. */
const reservedVariable = new RegExp(
  `^(?:${[
    'PATH|HOME|IFS|PORT|ENV|PWD|SHELL|LC_ALL|CDPATH|BASH_ENV|POSIXLY_CORRECT',
    '(?:LD|CURL|SYSTEMD|EB_HOSTS|AWS|PYTHON|OPENSSL)_.*|PYTHON(?:PATH|HOME|STARTUP)',
    'VARIABLE|SEPARATOR|ROLE|HOSTS_FROM|DELIVERY|IPV6|ON_FAILURE|VERIFY|HEALTH_CHECK_PATH|MATCHER|PROCESS',
    'root|list|list_directory|get_config|patience|metadata_service|newline|token|explained|temporary|given_hosts',
  ].join('|')})$`,
);

/** @throws UserError `usage` if `name` cannot name an environment variable with hosts */
export function checkVariable(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    throw usage(`'${name}' is not the name of an environment variable`);
  if (reservedVariable.test(name))
    throw usage(`'${name}' means something else to the instance, it cannot hold hosts`);
  return name;
}

/** Whether `host` can stand in an allow-list: no blanks, list separators or quotes, and no URL. */
export function isHost(host: string): boolean {
  return /^[^\s,;'"`\p{Cc}]+$/u.test(host) && !host.includes('://');
}

/** @throws UserError `usage` naming the first that is no host */
export function checkHosts(hosts: readonly string[]): readonly string[] {
  for (const host of hosts) if (!isHost(host)) throw usage(`'${host}' is not a host name`);
  return hosts;
}

/** Whether `path` begins with `/` and holds no blanks, quotes or control characters. */
export function isPath(path: string): boolean {
  return /^\/[^\s'"\\\p{Cc}]*$/u.test(path);
}

/** @throws UserError `usage` */
export function checkPath(path: string): string {
  if (isPath(path)) return path;
  throw usage(`'${path}' is not a path: it begins with / and holds no spaces or quotes`);
}

/** @throws UserError `usage` */
export function checkMatcher(matcher: string): string {
  if (parseMatcher(matcher) !== undefined) return matcher;
  throw usage(`'${matcher}' is not a list of statuses from 200 to 499, such as 200,301 or 200-299`);
}

/** @throws UserError `usage` unless `name` can name an Elastic Beanstalk process */
export function checkProcess(name: string): string {
  if (!/^[A-Za-z0-9_-]+$/.test(name)) throw usage(`'${name}' is not the name of a process`);
  return name;
}

function usage(message: string): UserError {
  return new UserError('usage', message);
}
