/** What the metadata service knows of its instance. */
export interface InstanceAddresses {
  /** Primary private IPv4 of the primary interface; null on an IPv6-only interface. */
  readonly localIpv4: string | null;
  /** IPv6 addresses of that interface, the primary one first. */
  readonly ipv6: readonly string[];
}

const mac = '0a:1b:2c:3d:4e:5f';

/** The items below `meta-data/`, by path, as EC2's user guide lists them (instancedata-data-categories). What an
 * instance does not have is absent, and therefore 404. */
export function metadataItems({ localIpv4, ipv6 }: InstanceAddresses): ReadonlyMap<string, string> {
  const [firstIpv6] = ipv6;
  const hostname = localIpv4 === null ? 'i-0123456789abcdef0' : `ip-${localIpv4.replaceAll('.', '-')}`;
  const network = `network/interfaces/macs/${mac}`;
  const items: [string, string][] = [
    ['instance-id', 'i-0123456789abcdef0'],
    ['instance-type', 't3.micro'],
    ['local-hostname', `${hostname}.ec2.internal`],
    ['mac', mac],
    ['placement/region', 'eu-west-1'],
    [`${network}/device-number`, '0'],
    [`${network}/mac`, mac],
  ];
  if (localIpv4 !== null) {
    items.push(['local-ipv4', localIpv4], [`${network}/local-ipv4s`, localIpv4]);
  }
  if (firstIpv6 !== undefined) {
    items.push(['ipv6', firstIpv6], [`${network}/ipv6s`, ipv6.join('\n')]);
  }
  return new Map(items);
}

/** The answer to a path below `meta-data/`: an item, or for a path that ends in `/` the names below it, directories
 * marked by a slash. Undefined: there is no such item. */
export function readItem(items: ReadonlyMap<string, string>, path: string): string | undefined {
  const exact = items.get(path);
  if (exact !== undefined) return exact;
  if (path !== '' && !path.endsWith('/')) return undefined;
  const names = new Set<string>();
  for (const key of items.keys()) {
    if (!key.startsWith(path)) continue;
    const [name = '', ...below] = key.slice(path.length).split('/');
    names.add(below.length > 0 ? `${name}/` : name);
  }
  return names.size === 0 ? undefined : [...names].sort().join('\n');
}
