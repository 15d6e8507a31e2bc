import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Choices } from '../../src/hooks/choices.ts';
import { parseSystemdEnvironment } from '../../src/instance/environment.ts';
import { type MetadataService, startMetadataService } from '../support/metadata-service.ts';
import { noteHookRun } from '../support/faults.ts';
import { list, type ScratchInstance, scratchInstance, shells } from '../support/hook.ts';

let metadata: MetadataService;
let instance: ScratchInstance | undefined;
beforeAll(async () => {
  metadata = await startMetadataService({ localIpv4: '10.0.1.5', ipv6: ['2600:1f18::5'] });
});
afterAll(() => metadata.close());
afterEach(() => instance?.remove());

interface Case {
  readonly name: string;
  readonly choices?: Partial<Choices>;
  /** The property in the hook's environment; not given: unset. */
  readonly property?: string;
  /** What get-config says; not given: there is none. */
  readonly getConfig?: Readonly<Record<string, string>> | 'broken';
  /** What the app sees; null: no list is written. */
  readonly value: string | null;
  readonly status?: number;
  readonly says?: RegExp;
}

const extra = { role: 'extra-hosts' } as const;
const failed = { value: null, status: 1 } as const;

const cases: readonly Case[] = [
  { name: 'one host', property: 'example.com', value: 'example.com,10.0.1.5' },
  { name: 'several hosts', property: 'a.example,b.example', value: 'a.example,b.example,10.0.1.5' },
  { name: 'blanks around items', property: ' a.example , b.example ', value: 'a.example,b.example,10.0.1.5' },
  { name: 'empty items', property: ',a.example,,', value: 'a.example,10.0.1.5' },
  { name: 'duplicates', property: 'a,b,a', value: 'a,b,10.0.1.5' },
  { name: 'the address among them', property: '10.0.1.5,a', value: 'a,10.0.1.5' },
  { name: 'the address of another instance', property: 'a,10.0.9.9', value: 'a,10.0.9.9,10.0.1.5' },
  { name: 'a longer host with the address in it', property: '110.0.1.5', value: '110.0.1.5,10.0.1.5' },
  { name: 'globs are no globs', property: '.example.com,/*', value: '.example.com,/*,10.0.1.5' },
  { name: 'IPv6 hosts', property: '[::1],a', value: '[::1],a,10.0.1.5' },
  { name: 'non-ASCII', property: 'bücher.example', value: 'bücher.example,10.0.1.5' },
  {
    name: 'shell syntax',
    property: '$(id),`id`,a$HOME,b\\c,d!',
    value: '$(id),`id`,a$HOME,b\\c,d!,10.0.1.5',
  },
  { name: 'a hash', property: '#a,b#c', value: '#a,b#c,10.0.1.5' },
  { name: '4 kB', property: 'h'.repeat(4096), value: `${'h'.repeat(4096)},10.0.1.5` },
  { name: 'a wildcard', property: '*', value: null, says: /allows every host/ },
  { name: 'a wildcard among others', property: 'a, * ,b', value: null },
  { name: 'a wildcard in a name is none', property: '*.example.com', value: '*.example.com,10.0.1.5' },

  { name: 'quotes that systemd takes away', property: '"a.example, b"', value: 'a.example,b,10.0.1.5' },
  {
    name: 'the same from get-config',
    getConfig: { ALLOWED_HOSTS: '"a.example"' },
    value: 'a.example,10.0.1.5',
  },
  { name: 'empty quotes', property: "''", value: null, says: /not set/ },
  { name: 'quotes around each host', property: '"a","b"', ...failed },
  { name: 'a quote alone', property: '"', ...failed },
  {
    name: 'quoted JSON',
    choices: { separator: 'json' },
    property: `'["a", "b"]'`,
    value: '["a","b","10.0.1.5"]',
  },
  { name: 'blanks against comma', property: 'a b', ...failed },
  { name: 'JSON against comma', property: '["a"]', ...failed },
  { name: 'an empty JSON list against comma', property: '[]', ...failed },
  { name: 'semicolons against comma', property: 'a;b', ...failed },
  { name: 'a line break', property: 'a\nb', ...failed, says: /line break/ },
  { name: 'a line break at the end', property: 'a\n', ...failed },
  { name: 'a control character', property: 'a\u0001', ...failed },

  { name: 'blanks', choices: { separator: 'space' }, property: ' a  b ', value: 'a b 10.0.1.5' },
  { name: 'comma against blanks', choices: { separator: 'space' }, property: 'a,b', ...failed },
  { name: 'semicolons', choices: { separator: 'semicolon' }, property: 'a;b;', value: 'a;b;10.0.1.5' },
  { name: 'comma against semicolons', choices: { separator: 'semicolon' }, property: 'a,b', ...failed },
  { name: 'JSON', choices: { separator: 'json' }, property: '["a", "b"]', value: '["a","b","10.0.1.5"]' },
  { name: 'an empty JSON list', choices: { separator: 'json' }, property: '[ ]', value: '["10.0.1.5"]' },
  { name: 'a Python list', choices: { separator: 'json' }, property: "['a']", value: '["a","10.0.1.5"]' },
  { name: 'comma against JSON', choices: { separator: 'json' }, property: 'a,b', ...failed },
  { name: 'cut JSON', choices: { separator: 'json' }, property: '["a", "b]', ...failed },
  { name: 'JSON that is no flat list', choices: { separator: 'json' }, property: '[["a"]]', ...failed },
  { name: 'JSON with escapes', choices: { separator: 'json' }, property: '["\\u0061"]', ...failed },
  { name: 'a JSON wildcard', choices: { separator: 'json' }, property: '["*"]', value: null },

  { name: 'unset, the whole list', value: null, says: /ALLOWED_HOSTS is not set/ },
  { name: 'empty counts as unset', property: '', value: null, says: /ALLOWED_HOSTS is not set/ },
  { name: 'blank counts as unset', property: '  ', value: null, says: /ALLOWED_HOSTS is not set/ },
  { name: 'blank, default hosts', choices: { hosts: ['a'] }, property: ' ', value: 'a,10.0.1.5' },
  { name: 'unset, default hosts', choices: { hosts: ['a', 'b'] }, value: 'a,b,10.0.1.5' },
  {
    name: 'unset, default hosts, JSON',
    choices: { hosts: ['a'], separator: 'json' },
    value: '["a","10.0.1.5"]',
  },
  { name: 'unset, a wildcard as default', choices: { hosts: ['*'] }, value: null, says: /every host/ },
  { name: 'set, default hosts', choices: { hosts: ['a'] }, property: 'b', value: 'b,10.0.1.5' },
  { name: 'unset, extra hosts', choices: extra, value: '10.0.1.5' },
  { name: 'unset, extra hosts with a default', choices: { ...extra, hosts: ['a'] }, value: 'a,10.0.1.5' },
  { name: 'set, extra hosts', choices: extra, property: 'a', value: 'a,10.0.1.5' },

  { name: 'get-config has it', getConfig: { ALLOWED_HOSTS: 'a,b=c' }, value: 'a,b=c,10.0.1.5' },
  { name: 'get-config has it empty', getConfig: { ALLOWED_HOSTS: '' }, value: null, says: /not set/ },
  { name: 'get-config has other names only', getConfig: { OTHER: 'x' }, value: null, says: /not set/ },
  { name: 'the environment wins', getConfig: { ALLOWED_HOSTS: 'a' }, property: 'b', value: 'b,10.0.1.5' },
  { name: 'unknown, the whole list', getConfig: 'broken', ...failed, says: /cannot be known/ },
  { name: 'unknown, with default hosts', choices: { hosts: ['a'] }, getConfig: 'broken', ...failed },
  { name: 'unknown, extra hosts', choices: extra, getConfig: 'broken', value: '10.0.1.5' },
  {
    name: 'unknown, the deployment goes on',
    choices: { onFailure: 'warn' },
    getConfig: 'broken',
    value: null,
    says: /goes on/,
  },

  { name: 'one host only, unset', choices: { ...extra, separator: 'none' }, value: '10.0.1.5' },
  {
    name: 'one host only, a default',
    choices: { ...extra, separator: 'none', hosts: ['x'] },
    value: '10.0.1.5',
  },
  {
    name: 'one host only, set to another',
    choices: { ...extra, separator: 'none' },
    property: 'localhost',
    value: null,
    says: /set to another/,
  },
  {
    name: 'one host only, set to the address',
    choices: { separator: 'none' },
    property: '10.0.1.5',
    value: '10.0.1.5',
  },
  { name: 'one host only, the whole list', choices: { separator: 'none' }, value: null, says: /not set/ },
  {
    name: 'one host only, the whole list with a default',
    choices: { separator: 'none', hosts: ['a'] },
    value: null,
    says: /not set/,
  },

  { name: 'IPv6 too', choices: { ipv6: true }, property: 'a', value: 'a,10.0.1.5,[2600:1f18::5]' },
  {
    name: 'another name',
    choices: { variable: 'DJANGO_ALLOWED_HOSTS', ...extra },
    property: 'a',
    value: '10.0.1.5',
  },
];

describe.each(Object.entries(shells))('the value, %s', (_, shell) => {
  it.each([
    [{ HOSTS: 'site.example' }, 'site.example,10.0.1.5'],
    [{}, 'default.example,10.0.1.5'],
  ])('keeps a property HOSTS and the setting of that name apart: %o', async (properties, value) => {
    instance = scratchInstance({ variable: 'HOSTS', hosts: ['default.example'] });
    const run = await instance.run({ shell, endpoint: metadata.endpoint, properties });
    expect(run).toMatchObject({ status: 0, stderr: '' });
    expect(instance.read(list)).toBe(`HOSTS=${value}\n`);
  });

  it.each(cases)(
    '$name',
    async ({ name: fault, choices = {}, property, getConfig, value, status = 0, says }) => {
      instance = scratchInstance(choices);
      if (getConfig !== undefined) instance.installGetConfig(getConfig);
      instance.write(list, 'ALLOWED_HOSTS=stale.example,10.9.9.9\n');
      const options = {
        shell,
        endpoint: metadata.endpoint,
        properties: property === undefined ? {} : { ALLOWED_HOSTS: property },
      };

      const run = await instance.run(options);
      noteHookRun(`the value: ${fault}`, run, [
        'ALLOWED_HOSTS=stale.example,10.9.9.9\n',
        instance.read(list),
      ]);

      expect(run).toMatchObject({ status });
      if (says !== undefined) expect(run.stdout + run.stderr).toMatch(says);
      const name = choices.variable ?? 'ALLOWED_HOSTS';
      if (value === null) {
        // A failure leaves the running app its list; whatever else writes nothing takes the old one away.
        expect(instance.read(list)).toBe(status === 1 ? 'ALLOWED_HOSTS=stale.example,10.9.9.9\n' : undefined);
      } else {
        const text = Buffer.from(instance.read(list) ?? '', 'latin1').toString('utf8');
        expect(Object.fromEntries(parseSystemdEnvironment(text))).toEqual({ [name]: value });
      }

      const first = instance.read(list);
      expect(await instance.run(options)).toMatchObject({ status });
      expect(instance.read(list)).toBe(first);
    },
  );
});
