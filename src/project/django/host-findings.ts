import type { Finding } from '../../findings.ts';
import { type Check, finding, linesWith, readSetting } from './facts.ts';
import { hostsOf } from './hosts-value.ts';

/** `hosts-wildcard`, `hosts-empty`, `hosts-literal`, `hosts-file`, `hosts-unknown`: no variable reaches the list. */
const source: Check = ({ setting }) => {
  if (setting === undefined) return [];
  if (setting.source === 'wildcard') {
    const message = 'ALLOWED_HOSTS admits every host: health checks pass, and so does any forged Host header';
    return [
      finding(
        'hosts-wildcard',
        'info',
        setting,
        message,
        "name the site's hosts, and let the hook add the instance's address",
      ),
    ];
  }
  if (setting.source === 'literal' && setting.default?.length === 0) {
    const message = 'ALLOWED_HOSTS is empty: with DEBUG off Django refuses every request';
    return [finding('hosts-empty', 'warning', setting, message, "list the site's hosts")];
  }
  if (setting.source === 'literal') {
    const message = 'ALLOWED_HOSTS is a fixed list: no environment variable reaches it';
    return [
      finding(
        'hosts-literal',
        'info',
        setting,
        message,
        "add the snippet that 'eb-hosts init' shows, or use '--settings patch'",
      ),
    ];
  }
  if (setting.source === 'file' || setting.source === 'secret') {
    const message = `ALLOWED_HOSTS comes from a ${setting.source === 'file' ? 'file' : 'store of secrets'}: no environment variable reaches it`;
    return [
      finding(
        'hosts-file',
        'info',
        setting,
        message,
        "add the snippet that 'eb-hosts init' shows, or use '--settings patch'",
      ),
    ];
  }
  if (setting.source === 'unknown') {
    const message = 'where ALLOWED_HOSTS comes from cannot be told from the code';
    return [
      finding(
        'hosts-unknown',
        'warning',
        setting,
        message,
        "name the variable: 'eb-hosts init --var NAME --separator …', or add the snippet",
      ),
    ];
  }
  return [];
};

/** `hosts-default-wildcard`, `hosts-separator`: a variable is read, in a way to know of. */
const variable: Check = ({ setting }) => {
  if (setting === undefined || setting.variable === null) return [];
  const name = setting.variable;
  const findings: Finding[] = [];
  if (setting.default?.includes('*')) {
    const message = `without ${name} every host is admitted; as soon as it is set, only the hosts it names are`;
    findings.push(
      finding(
        'hosts-default-wildcard',
        'warning',
        setting,
        message,
        `set ${name} to the site's hosts: 'eb setenv ${name}=…'`,
      ),
    );
  }
  if (setting.separator === null) {
    const message = `${name} reaches ALLOWED_HOSTS, but neither as one plain host nor as a list that eb-hosts can write`;
    findings.push(
      finding(
        'hosts-separator',
        'warning',
        setting,
        message,
        "split it by commas, or add the snippet that 'eb-hosts init' shows",
      ),
    );
  }
  return findings;
};

/** `hosts-bad-entry`: an entry that no Host header ever matches, or only by accident. */
const badEntries: Check = (facts) => {
  const value = readSetting(facts, 'ALLOWED_HOSTS');
  const place = facts.setting ?? { file: facts.governing, line: null };
  return [...new Set(hostsOf(value) ?? [])].flatMap((host) => {
    const why = whyBad(host);
    if (why === null) return [];
    return [
      finding('hosts-bad-entry', 'warning', place, `the entry '${host}' of ALLOWED_HOSTS ${why[0]}`, why[1]),
    ];
  });
};

/** What is wrong with a host of the list, and the cure (Django: `django.http.request.validate_host`). */
function whyBad(host: string): readonly [string, string] | null {
  if (/:\/\//.test(host)) return ['is a URL and matches nothing', 'write the host name alone'];
  if (host.trim() !== host) return ['has spaces around it and matches nothing', 'take the blanks out'];
  if (/\//.test(host)) return ['holds a slash and matches nothing', 'write the host name alone'];
  if (/^\*./.test(host)) return ['is no pattern Django knows', `write '${host.replace(/^\*\.?/, '.')}'`];
  if (/.\*/.test(host))
    return ['is no pattern Django knows', 'name the hosts; the hook adds the address of each instance'];
  if (/^[^[\]:]+:[\d*]+$/.test(host))
    return ['has a port and matches nothing', 'leave the port out: Django does not compare it'];
  if (/^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)\d+\.\d+(\.\d+)?$/.test(host)) {
    return [
      'is a private address, gone with the next instance',
      'take it out: the hook adds the current one',
    ];
  }
  return null;
}

/** `first-host-used`: the first entry serves as the site's name. */
const firstHost: Check = (facts) =>
  linesWith(facts, (line) => /\bALLOWED_HOSTS\s*\[\s*0\s*\]/.test(line))
    .slice(0, 1)
    .map((place) => {
      const message = "the first entry of ALLOWED_HOSTS serves as the site's name: it must stay the first";
      return finding(
        'first-host-used',
        'info',
        place,
        message,
        'set the variable to begin with the site; the hook puts addresses last',
      );
    });

/** What can be wrong with the list of hosts itself. */
export const hostChecks: readonly Check[] = [source, variable, badEntries, firstHost];
