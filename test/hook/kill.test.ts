import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MetadataService, startMetadataService } from '../../src/instance/metadata-service.ts';
import { noteFault } from '../support/faults.ts';
import { envList, list, scratchInstance, shells } from '../support/hook.ts';

let metadata: MetadataService;
beforeAll(async () => {
  metadata = await startMetadataService({ localIpv4: '10.0.1.5' });
});
afterAll(() => metadata.close());

/** Kills in this run; 1,000 and more by `EB_HOSTS_KILLS=1000`. */
const kills = Number(process.env.EB_HOSTS_KILLS ?? 60);
/** About how long a whole run takes here, in milliseconds: the kills are spread over it. */
const span = 90;

describe.each(Object.entries(shells))('killed at any moment, %s', (_, shell) => {
  it.each([
    ['systemd', list, 'ALLOWED_HOSTS=old.example\n', 'ALLOWED_HOSTS=a.example,10.0.1.5\n'],
    [
      'env-list',
      envList,
      'A=1\nALLOWED_HOSTS=old.example\nB=2',
      'A=1\nALLOWED_HOSTS=old.example,10.0.1.5\nB=2',
    ],
  ] as const)(
    `leaves a file old or new, ${kills} times (%s)`,
    { timeout: 600_000 },
    async (delivery, path, old, fresh) => {
      const instance = scratchInstance({ delivery });
      const options = { shell, endpoint: metadata.endpoint, properties: { ALLOWED_HOSTS: 'a.example' } };
      let killed = 0;
      const found = { old: 0, new: 0, other: 0 };
      for (let round = 0; round < kills; round++) {
        instance.write(path, old);
        const signal = round % 4 === 0 ? 'SIGTERM' : 'SIGKILL';
        const { status } = await instance.run({ ...options, killAfter: (round / kills) * span, signal });
        if (status === null || status >= 128) killed++;
        const text = instance.read(path);
        found[text === old ? 'old' : text === fresh ? 'new' : 'other']++;
      }
      const fault = `killed at a point of the run, spread evenly (${delivery})`;
      noteFault({ fault, outcome: 'old file', times: found.old });
      noteFault({ fault, outcome: 'new file', times: found.new });
      noteFault({ fault, outcome: 'a file neither old nor new', times: found.other });
      noteFault({
        fault: `of these, ended by the kill before its own end (${delivery})`,
        outcome: 'seen',
        times: killed,
      });
      expect(found.other).toBe(0);
      expect(killed).toBeGreaterThan(0);

      expect(await instance.run(options)).toMatchObject({ status: 0 });
      expect(instance.read(path)).toBe(fresh);
      expect(readdirSync(instance.path(dirname(path))).filter((name) => name.includes('tmp'))).toEqual([]);
      instance.remove();
    },
  );
});
