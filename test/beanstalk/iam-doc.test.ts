import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test('docs/iam.md names exactly the actions that are called', () => {
  const called = new Set(
    readdirSync('src/beanstalk').flatMap((file) =>
      [...readFileSync(join('src/beanstalk', file), 'utf8').matchAll(/new (\w+)Command\(/g)].map(
        ([, action]) => action,
      ),
    ),
  );
  const documented = new Set(
    [...readFileSync('docs/iam.md', 'utf8').matchAll(/"elasticbeanstalk:(\w+)"(?=[,\n])/g)]
      .map(([, action]) => action)
      .filter((action) => action !== 'InApplication'),
  );
  expect(documented).toEqual(called);
});
