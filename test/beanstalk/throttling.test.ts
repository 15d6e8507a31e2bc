import { expect, test } from 'vitest';
import { runMain } from '../cli/in-process.ts';
import { secret, useBeanstalk } from '../support/beanstalk-cli.ts';
import { newEnvironment } from '../support/beanstalk-world.ts';

const beanstalk = useBeanstalk();
/** `EB_HOSTS_ENVIRONMENTS=1000` runs the long form: two minutes behind the first limit. */
const count = Number(process.env.EB_HOSTS_ENVIRONMENTS ?? 60);

/** Real pauses: whether the whole gets through depends on them. */
test.each([
  ['a limit of 10 calls a second', { perSecond: 10, burst: 20 }, 0],
  ['every second call throttled', undefined, 0.5],
])(
  '%s loses no row',
  async (_, bucket, share) => {
    const server = await beanstalk.start(
      ...Array.from({ length: count }, (_, index) => newEnvironment(`shop-${index}`)),
    );
    server.bucket = bucket;
    if (share > 0) server.faults.push({ kind: 'throttled', share });
    const { status, stdout } = await runMain(['doctor', '--all', '--json', '--quiet'], {
      env: process.env,
      cwd: beanstalk.directory,
    });
    const environments: { name: string; loadBalancer: string | null }[] = JSON.parse(stdout).environments;
    expect(new Set(environments.map(({ name }) => name)).size).toBe(count);
    expect(environments.filter(({ loadBalancer }) => loadBalancer === null)).toEqual([]);
    expect(server.calls.length).toBeGreaterThan(count + 1);
    expect(status).toBe(0);
    expect(stdout).not.toContain(secret);
  },
  1_000_000,
);
