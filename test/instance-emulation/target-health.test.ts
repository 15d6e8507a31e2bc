import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterCheck, newTarget, type TargetState } from '../../src/instance/target-health.ts';
import { matches, parseMatcher } from '../../src/matcher.ts';

const thresholds = { healthy: 3, unhealthy: 2 };

function states(results: string, loadBalancer: 'alb' | 'classic' | 'nlb' = 'alb'): TargetState[] {
  let health = newTarget;
  return [...results].map((result) => {
    health = afterCheck(health, result === '+', thresholds, loadBalancer);
    return health.state;
  });
}

describe('the state of a target', () => {
  it.each<[string, 'alb' | 'classic', TargetState]>([
    ['', 'alb', 'initial'],
    ['+', 'alb', 'healthy'],
    ['-', 'alb', 'initial'],
    ['--', 'alb', 'unhealthy'],
    ['-+', 'alb', 'healthy'],
    ['+-', 'alb', 'healthy'],
    ['+-+-', 'alb', 'healthy'],
    ['+--', 'alb', 'unhealthy'],
    ['--++', 'alb', 'unhealthy'],
    ['--++-+++', 'alb', 'healthy'],
    ['++', 'classic', 'initial'],
    ['+++', 'classic', 'healthy'],
  ])('after %s under %s is %s', (results, loadBalancer, expected) => {
    expect(states(results, loadBalancer).at(-1) ?? newTarget.state).toBe(expected);
  });

  it('changes to unhealthy, and back, only after as many equal results in a row as the threshold says', () => {
    const run = fc.array(fc.constantFrom('+', '-'), { maxLength: 40 }).map((list) => list.join(''));
    fc.assert(
      fc.property(run, (results) => {
        const all: TargetState[] = ['initial', ...states(results)];
        for (let index = 1; index < all.length; index++) {
          const [before, after] = [all[index - 1], all[index]];
          const seen = results.slice(0, index);
          if (before !== after && after === 'unhealthy') expect(seen.endsWith('--')).toBe(true);
          if (before === 'unhealthy' && after === 'healthy') expect(seen.endsWith('+++')).toBe(true);
          expect(before !== 'initial' && after === 'initial').toBe(false);
        }
      }),
    );
  });
});

describe('a matcher', () => {
  it.each([
    ['200', [200], [199, 201, 302]],
    ['200,301', [200, 301], [300, 302]],
    ['200-299', [200, 250, 299], [199, 300]],
    ['200-204, 404', [200, 204, 404], [205, 403]],
  ])('%s', (text, admitted, refused) => {
    const matcher = parseMatcher(text) ?? [];
    expect(admitted.filter((status) => !matches(matcher, status))).toEqual([]);
    expect(refused.filter((status) => matches(matcher, status))).toEqual([]);
  });

  it.each(['', '200,', '20', '2xx', '100', '500', '200-500', '299-200', '200 301', '-200'])(
    'is not "%s"',
    (text) => {
      expect(parseMatcher(text)).toBeUndefined();
    },
  );
});
