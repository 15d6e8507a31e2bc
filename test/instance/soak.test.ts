import { expect, it, onTestFinished } from 'vitest';
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
      await soak(machine, { ...options, report: (line) => process.stderr.write(`${line}\n`) });
    },
    rootTime + Number(steps) * 20_000,
  );
});
