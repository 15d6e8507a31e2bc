import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { deadlineIn } from '../../src/beanstalk/deadline.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

test('a deadline comes although nobody holds it but a signal made of it', async () => {
  const come = new Promise<void>((resolve) => {
    AbortSignal.any([new AbortController().signal, deadlineIn(100)]).addEventListener('abort', () =>
      resolve(),
    );
  });
  for (let round = 0; round < 5; round++) {
    await sleep(1);
    collectGarbage();
  }
  await expect(come).resolves.toBeUndefined();
});
