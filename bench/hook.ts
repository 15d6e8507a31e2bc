// The whole hook against the floor of this machine: one `sh` that does nothing but the two requests to the metadata
// service; and against the recipe in use today: settings.py asks the metadata service, in gunicorn's master and three
// workers. Side by side in one run; medians, and the ratio first.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { startMetadataService } from '../src/instance/metadata-service.ts';
import { hookPath, scratchInstance, staging } from '../test/support/hook.ts';

const rounds = Number(process.argv[2] ?? 40);
const metadata = await startMetadataService({ localIpv4: '10.0.1.5' });
const instance = scratchInstance();
const floor = instance.path('floor.sh');
writeFileSync(
  floor,
  `token=$(curl -q --noproxy '*' --silent --max-time 1 --request PUT --header 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$AWS_EC2_METADATA_SERVICE_ENDPOINT/latest/api/token")
curl -q --noproxy '*' --silent --max-time 1 --header "X-aws-ec2-metadata-token: $token" "$AWS_EC2_METADATA_SERVICE_ENDPOINT/latest/meta-data/local-ipv4" >/dev/null
`,
);

// The same process without the requests is measured beside it: what is left is what the recipe costs.
const recipe = instance.path('recipe.py');
writeFileSync(
  recipe,
  `import os, sys
for _ in range(4):
    if os.fork() == 0:
        if len(sys.argv) > 1:
            import urllib.request as r
            base = os.environ["AWS_EC2_METADATA_SERVICE_ENDPOINT"]
            put = r.Request(base + "/latest/api/token", method="PUT", headers={"X-aws-ec2-metadata-token-ttl-seconds": "60"})
            token = r.urlopen(put, timeout=1).read().decode()
            get = r.Request(base + "/latest/meta-data/local-ipv4", headers={"X-aws-ec2-metadata-token": token})
            r.urlopen(get, timeout=1).read()
        os._exit(0)
    os.wait()
`,
);

const contestants: Record<string, string[]> = {
  floor: ['/bin/sh', floor],
  'recipe, without its requests': ['python3', recipe],
  'recipe, in 1 + 3 processes': ['python3', recipe, 'ask'],
  'hook, nothing new to write': ['/bin/sh', hookPath],
};
const times: Record<string, number[]> = Object.fromEntries(
  Object.keys(contestants).map((name) => [name, []]),
);
for (let round = 0; round < rounds + 5; round++) {
  for (const [name, command] of Object.entries(contestants)) {
    const started = process.hrtime.bigint();
    await run(command);
    const milliseconds = Number(process.hrtime.bigint() - started) / 1e6;
    if (round >= 5) times[name]?.push(milliseconds);
  }
}
instance.remove();
await metadata.close();

const base = median(times.floor ?? []);
for (const [name, values] of Object.entries(times)) {
  const value = median(values);
  console.log(
    `${(value / base).toFixed(2)} x floor  ${value.toFixed(1)} ms  ${name} (median of ${values.length})`,
  );
}

function run([program = '', ...rest]: string[]): Promise<void> {
  const child = spawn(program, rest, {
    cwd: instance.path(staging),
    env: {
      PATH: process.env.PATH,
      ALLOWED_HOSTS: 'example.com,www.example.com',
      EB_HOSTS_ROOT: instance.root,
      AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.endpoint,
    },
    stdio: 'ignore',
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => (status === 0 ? resolve() : reject(new Error(`${program}: ${status}`))));
  });
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
