// The hook under dash against one dash that sends the two requests to the metadata service and nothing else.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hookPath, list, type ScratchInstance, scratchInstance } from '../test/support/hook.ts';
import { startMetadataService } from '../test/support/metadata-service.ts';
import { type Figure, measure, timed } from './measure.ts';

const floor = `token=$(curl -q -s -f -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$1/latest/api/token") &&
curl -q -s -f -H "X-aws-ec2-metadata-token: $token" "$1/latest/meta-data/local-ipv4" >/dev/null
`;

export async function benchHook(samples: number): Promise<Figure[]> {
  const metadata = await startMetadataService({ localIpv4: '10.0.1.5' });
  const instances: ScratchInstance[] = [];
  const prepare = () => {
    const instance = scratchInstance();
    instances.push(instance);
    const text = instance.read(join('var/app/staging', hookPath)) ?? '';
    const local = text
      .replace(/^root=''$/m, `root='${instance.root}'`)
      .replace(/^imds='.*'$/m, `imds='${metadata.endpoint}'`);
    instance.write('hook.sh', local);
    instance.write('floor.sh', floor);
    return instance;
  };
  const runOn = (instance: ScratchInstance, script: string) =>
    timed(['dash', instance.path(script), metadata.endpoint], instance.root, {
      ALLOWED_HOSTS: 'example.com,www.example.com',
    });
  try {
    const used = prepare();
    const times = await measure(
      {
        floor: () => runOn(used, 'floor.sh'),
        redeploy: () => runOn(used, 'hook.sh'),
        first: () => runOn(prepare(), 'hook.sh'),
      },
      samples * 2,
    );
    if (!readFileSync(used.path(list), 'utf8').includes('10.0.1.5'))
      throw new Error('the hook wrote no list');
    const against = 'one `dash` with the two requests to the metadata service';
    return [
      { what: 'the hook, in a redeploy', time: times.redeploy, against, floor: times.floor },
      { what: 'the hook, in a first deployment', time: times.first, against, floor: times.floor },
    ];
  } finally {
    for (const instance of instances) instance.remove();
    await metadata.close();
  }
}
