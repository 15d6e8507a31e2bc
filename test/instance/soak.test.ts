import { expect, it, onTestFinished } from 'vitest';
import { noteFault } from '../support/faults.ts';
import { describeMachine, rootTime } from './expectations.ts';
import { bootMachine } from './machine.ts';
import { soak } from './soak.ts';

// The whole soak: EB_HOSTS_SOAK=1000 npx vitest run test/instance/soak.test.ts
const { EB_HOSTS_SOAK: steps = '15', EB_HOSTS_SOAK_SEED: seed = '1' } = process.env;
const shares = { python: 0.6, docker: 0.2, compose: 0.2 };

describeMachine('an instance that is changed again and again', () => {
  it.each(['python', 'docker', 'compose'] as const)(
    `serves the right hosts on %s, whatever happens (seed ${seed})`,
    async (platform) => {
      const machine = await bootMachine({ engine: { platform } });
      onTestFinished(() => machine.close());
      const options = { seed: Number(seed), steps: Math.round(Number(steps) * shares[platform]), platform };
      expect(options.steps).toBeGreaterThan(0);
      const times = new Map<string, number>();
      try {
        await soak(machine, {
          ...options,
          report: (line) => process.stderr.write(`${line}\n`),
          withstood: (action) => times.set(action, (times.get(action) ?? 0) + 1),
        });
      } finally {
        for (const [action, count] of times) {
          const words = action.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
          const outcome = 'all who should be served are, all others are refused, no file has grown';
          noteFault({ fault: `${words} (${platform})`, outcome, times: count });
        }
      }
    },
    rootTime + Number(steps) * 20_000,
  );
});
