// `doctor --all` on 1,000 environments against the same calls with nothing but the SDK, eight at once as well. The
// server is a process of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { beanstalkVariables } from '../test/support/beanstalk-cli.ts';
import { ebHosts, type Figure, inScratch, measure, run } from './measure.ts';

const count = 1000;
const latencyMs = 40;

export function benchDoctor(samples: number): Promise<Figure[]> {
  return inScratch(async (scratch) => {
    const contestant = (argv: readonly string[]) => async () => {
      const serve = [resolve('.build/bench/serve-beanstalk.mjs'), `${count}`, `${latencyMs}`];
      const server = spawn(process.execPath, serve, { stdio: ['pipe', 'pipe', 'inherit'] });
      const [url] = (await once(createInterface(server.stdout), 'line')) as [string];
      try {
        const { milliseconds, stdout } = await run(
          [process.execPath, ...argv],
          scratch,
          beanstalkVariables(url, scratch),
          [0, 1], // every tenth environment is sick
        );
        const { environments } = JSON.parse(stdout) as { environments: { loadBalancer: string | null }[] };
        const seen = environments.filter(({ loadBalancer }) => loadBalancer !== null).length;
        if (seen !== count) throw new Error(`${seen} of ${count} environments were seen`);
        return milliseconds;
      } finally {
        server.stdin.end();
      }
    };
    const times = await measure(
      {
        sdk: contestant([resolve('.build/bench/ask-beanstalk.mjs')]),
        doctor: contestant([...ebHosts.slice(1), 'doctor', '--all', '--json']),
      },
      Math.min(samples, 5),
    );
    return [
      {
        what: '`doctor --all`, 1,000 environments',
        time: times.doctor,
        against: 'the same calls with the SDK alone',
        floor: times.sdk,
        limit: 1.2,
      },
    ];
  });
}
