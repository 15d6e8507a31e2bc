import { describe, expect, it } from 'vitest';
import { readDjango } from '../../src/project/django/django.ts';
import { snapshotOf } from '../support/snapshot.ts';
import { idioms } from './settings-idioms.ts';

describe('idioms of ALLOWED_HOSTS', () => {
  it('are at least a hundred and all different', () => {
    expect(idioms.length).toBeGreaterThanOrEqual(100);
    expect(new Set(idioms.map(({ title }) => title)).size).toBe(idioms.length);
  });

  it.each(idioms)('$title', ({ text, source, variable, separator, role, default: hosts }) => {
    const [setting] = readDjango(snapshotOf({ 'site/settings.py': `${text}\n` })).settings;
    expect(setting).toMatchObject({ source, variable, separator, role, default: hosts });
  });
});
