import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MetadataService, startMetadataService } from '../support/metadata-service.ts';
import { noteFault } from '../support/faults.ts';
import { envList, list, scratchInstance, shells } from '../support/hook.ts';

let metadata: MetadataService;
beforeAll(async () => {
  metadata = await startMetadataService({ localIpv4: '10.0.1.5' });
});
afterAll(() => metadata.close());

/** Kills in this run; 1,000 and more by `EB_HOSTS_KILLS=1000`. */
const kills = Number(process.env.EB_HOSTS_KILLS ?? 60);

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
      const found = { 'old file': 0, 'new file': 0 };
      // The kills are spread over as long as a whole run takes here and now, and a little more.
      instance.write(path, old);
      const started = performance.now();
      await instance.run(options);
      const span = (performance.now() - started) * 1.1;
      for (let round = 0; round < kills; round++) {
        instance.write(path, old);
        const signal = round % 4 === 0 ? 'SIGTERM' : 'SIGKILL';
        const { status } = await instance.run({ ...options, killAfter: (round / kills) * span, signal });
        const text = instance.read(path);
        expect([old, fresh]).toContain(text);
        // SIGTERM is caught, and becomes a status; a run that was over before its kill proves nothing.
        if (status === null || status > 128) found[text === old ? 'old file' : 'new file']++;
      }
      for (const [outcome, times] of Object.entries(found)) {
        noteFault({ fault: `killed before its end (${delivery})`, outcome, times });
      }
      expect(found['old file'] + found['new file']).toBeGreaterThan(0);

      expect(await instance.run(options)).toMatchObject({ status: 0 });
      expect(instance.read(path)).toBe(fresh);
      expect(readdirSync(instance.path(dirname(path))).filter((name) => name.includes('tmp'))).toEqual([]);
      instance.remove();
    },
  );
});
