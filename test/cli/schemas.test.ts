import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { deliveries, onFailures, verifications } from '../../src/hooks/choices.ts';
import { verdictCodes } from '../../src/instance/verdict.ts';
import { frameworks, roles, separators } from '../../src/project/project.ts';
import { schemaErrors, schemas } from '../support/schemas.ts';

// Every document that a test of the command line sees is held against its schema: test/support/schemas.ts.

type Schema = Readonly<Record<string, unknown>>;

/** Keys that may be absent; every other is always there, null where unknown. */
const optional = [
  'common/$defs/finding: environment',
  'common/$defs/finding: list',
  'common/$defs/finding: host',
  'doctor: environments',
  'health-check: error',
  'health-check/else: error',
];

it.each([...schemas])('%s describes its document whole', (name, schema) => {
  expect(schema).toMatchObject({ $id: `urn:eb-hosts:schema:${name}:1`, title: expect.any(String) });
  const absent: string[] = [];
  const visit = (value: unknown, place: string) => {
    if (typeof value !== 'object' || value === null) return;
    const { properties, required, additionalProperties, type } = value as Schema;
    if ([type].flat().includes('object') && properties) {
      expect(additionalProperties, `${place} is closed`).toBe(false);
      const missing = Object.keys(properties).filter((key) => !(required as string[]).includes(key));
      absent.push(...missing.map((key) => `${place}: ${key}`));
    }
    for (const [key, inner] of Object.entries(value)) visit(inner, `${place}/${key}`);
  };
  visit(schema, name);
  expect(absent.filter((key) => !optional.includes(key))).toEqual([]);
});

it.each<[string, readonly string[], string]>([
  ['codes of verdicts', verdictCodes, 'probe/properties/verdict/properties/code'],
  ['frameworks', frameworks, 'common/$defs/framework'],
  ['separators', separators, 'common/$defs/separator'],
  ['roles', roles, 'common/$defs/role'],
  ['deliveries', deliveries, 'init/properties/choices/properties/delivery'],
  ['what a failure does', onFailures, 'init/properties/choices/properties/onFailure'],
  ['verifications', verifications, 'init/properties/choices/properties/verify'],
])('the code and the schemas have the same %s', (_, own, path) => {
  const [name = '', ...place] = path.split('/');
  const found = place.reduce<unknown>((value, key) => (value as Schema)[key], schemas.get(name));
  const words = (found as { enum: (string | null)[] }).enum.filter((word) => word !== null);
  expect(words.toSorted()).toEqual(own.toSorted());
});

it('the code and the schemas have the same codes of errors', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' });
  const source = files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join('src', file), 'utf8'))
    .join('');
  const { error } = (schemas.get('common') as { $defs: Record<string, Schema> }).$defs;
  const codes = (error as { properties: { code: { enum: string[] } } }).properties.code.enum;
  const thrown = [...source.matchAll(/(?:\bUserError|\bfail\w*)\(\s*'([a-z-]+)'/g)].map(([, code]) => code);
  expect(thrown.filter((code) => !codes.includes(code ?? ''))).toEqual([]);
  expect(codes.filter((code) => !source.includes(`'${code}'`))).toEqual([]);
});

it('an update that failed has an error, and no other', () => {
  const lists = { settings: [], changes: [], events: [] };
  const where = { environment: 'shop-prod', application: 'shop', region: 'eu-west-1' };
  const rest = { command: 'health-check', loadBalancer: 'application', applied: true, health: null };
  const document = { ...rest, ...where, ...lists, ok: true };
  const error = { code: 'update-failed', message: 'it failed', hint: null };
  expect(schemaErrors('health-check', document)).toEqual([]);
  expect(schemaErrors('health-check', { ...document, ok: false, error })).toEqual([]);
  expect(schemaErrors('health-check', { ...document, ok: false })).not.toEqual([]);
  expect(schemaErrors('health-check', { ...document, error })).not.toEqual([]);
});
