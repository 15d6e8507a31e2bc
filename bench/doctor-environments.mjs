// `doctor --all` on 100 and 1,000 environments of a local Elastic Beanstalk, against the same calls made with nothing but
// the SDK at the same concurrency. Each figure is the median of the runs of a fresh process; the server is another one.
// Usage: node bench/doctor-environments.mjs [RUNS]   (after npm run build)
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const runs = Number(process.argv[2] ?? 3);
const latencyMs = 40;
const scratch = mkdtempSync(join(tmpdir(), 'eb-hosts-bench-'));
mkdirSync('.build', { recursive: true });
const [serverFile, bareFile] = await Promise.all([
  bundle('server', serverSource()),
  bundle('bare', bareSource()),
]);

try {
  console.log(`latency of the server ${latencyMs} ms, median of ${runs} runs, Node ${process.version}\n`);
  console.log('| environments | faults | run | wall | calls each | peak memory | kept at the end | rows |');
  console.log('|---|---|---|---|---|---|---|---|');
  const doctor = [resolve('dist/bin.js'), 'doctor', '--all', '--json'];
  for (const count of [100, 1000]) {
    // In turn: what else this machine does falls on both.
    const [own, bare] = await measure(count, {}, [doctor, [bareFile]]);
    print(count, 'none', 'doctor --all', own);
    print(count, 'none', 'the SDK alone', bare);
    console.log(`| | | ratio | ${(own.wall / bare.wall).toFixed(2)} | | | | |`);
  }
  for (const [count, share] of [
    [1000, 0.02],
    [200, 0.4],
  ]) {
    const [throttled] = await measure(count, { share }, [doctor]);
    print(count, `${share * 100} % throttled`, 'doctor --all', throttled);
  }
  const limit = { perSecond: 10, burst: 20 };
  const [own, bare] = await measure(200, limit, [doctor, [bareFile]]);
  print(200, '10 calls a second', 'doctor --all', own);
  print(200, '10 calls a second', 'the SDK alone', bare);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function print(count, faults, name, { wall, calls, peak, kept, rows }) {
  const each = (calls / count).toFixed(2);
  const memory = `${Math.round(peak)} MB | ${kept.toFixed(1)} MB`;
  console.log(
    `| ${count} | ${faults} | ${name} | ${(wall / 1000).toFixed(2)} s | ${each} | ${memory} | ${rows} |`,
  );
}

async function measure(count, faults, contestants) {
  const results = contestants.map(() => []);
  for (let run = 0; run < runs; run++) {
    for (const [index, argv] of contestants.entries()) {
      results[index].push(await measureOnce(count, faults, argv));
    }
  }
  return results.map((times) => {
    const median = (key) => times.map((result) => result[key]).sort((a, b) => a - b)[Math.floor(runs / 2)];
    const rows = Math.min(...times.map((result) => result.rows));
    return { wall: median('wall'), calls: median('calls'), peak: median('peak'), kept: median('kept'), rows };
  });
}

async function measureOnce(count, faults, argv) {
  const server = spawn(
    process.execPath,
    [serverFile, String(count), JSON.stringify(faults), String(latencyMs)],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const lines = linesOf(server.stdout);
  const url = await lines.next();
  const usage = join(scratch, 'usage');
  const watch = `data:text/javascript,import{writeFileSync}from'node:fs';process.on('exit',()=>{const{maxRSS}=process.resourceUsage();gc();writeFileSync(${JSON.stringify(usage)},JSON.stringify({peak:maxRSS/1024,kept:process.memoryUsage().heapUsed/1048576}))})`;
  const started = performance.now();
  const child = spawn(process.execPath, ['--expose-gc', '--import', watch, ...argv], {
    cwd: scratch,
    env: {
      PATH: process.env.PATH,
      HOME: scratch,
      AWS_ENDPOINT_URL_ELASTIC_BEANSTALK: url,
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY',
      AWS_REGION: 'eu-west-1',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let stdout = '';
  for await (const chunk of child.stdout) stdout += chunk;
  const wall = performance.now() - started;
  server.stdin.end();
  const calls = Number(await lines.next());
  const rows = JSON.parse(stdout).environments.filter(({ loadBalancer }) => loadBalancer !== null).length;
  return { wall, calls, rows, ...JSON.parse(readFileSync(usage, 'utf8')) };
}

function linesOf(stream) {
  const iterator = (async function* () {
    let text = '';
    for await (const chunk of stream) {
      text += chunk;
      for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n')) {
        yield text.slice(0, end);
        text = text.slice(end + 1);
      }
    }
  })();
  return { next: async () => (await iterator.next()).value };
}

async function bundle(name, contents) {
  const outfile = resolve('.build', `bench-${name}.mjs`);
  await build({
    stdin: { contents, resolveDir: process.cwd(), loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'],
    outfile,
    banner: {
      js: `import{createRequire as __benchRequire}from'node:module';const require=__benchRequire(${JSON.stringify(pathToFileURL(outfile).href)});`,
    },
    logLevel: 'warning',
  });
  return outfile;
}

/** Prints its address; when stdin ends, the number of calls. Every tenth environment is sick. */
function serverSource() {
  return `
    import { startBeanstalk } from './test/support/beanstalk-server.ts';
    import { newEnvironment } from './test/support/beanstalk-world.ts';
    const [count, { share, perSecond, burst }, latency] = process.argv.slice(2).map((argument) => JSON.parse(argument));
    const server = await startBeanstalk(...Array.from({ length: count }, (_, index) => {
      const environment = newEnvironment('environment-' + index);
      // As many options as a real environment has.
      for (let option = 0; option < 120; option++) environment.files.set('aws:autoscaling:asg|Option' + option, 'value');
      if (index % 10 === 0) Object.assign(environment, { color: 'Red', healthStatus: 'Severe', causes: ['100.0 % of the requests are erroring with HTTP 4xx.'] });
      return environment;
    }));
    server.latencyMs = latency;
    if (share !== undefined) server.faults.push({ kind: 'throttled', share });
    if (perSecond !== undefined) server.bucket = { perSecond, burst };
    console.log(server.url);
    process.stdin.resume().on('end', async () => {
      console.log(server.calls.length);
      await server.close();
    });
  `;
}

/** The calls that doctor makes, and nothing else. */
function bareSource() {
  return `
    import { DescribeConfigurationSettingsCommand, DescribeEnvironmentHealthCommand, DescribeEnvironmentsCommand, ElasticBeanstalkClient } from '@aws-sdk/client-elastic-beanstalk';
    process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
    const client = new ElasticBeanstalkClient({ maxAttempts: 10, retryMode: 'adaptive' });
    const environments = [];
    const running = new Set();
    async function look({ ApplicationName, EnvironmentName, Health }) {
      await client.send(new DescribeConfigurationSettingsCommand({ ApplicationName, EnvironmentName }));
      if (Health !== 'Green') await client.send(new DescribeEnvironmentHealthCommand({ EnvironmentName, AttributeNames: ['All'] }));
      environments.push({ name: EnvironmentName, loadBalancer: 'application' });
    }
    let NextToken;
    do {
      const page = await client.send(new DescribeEnvironmentsCommand({ MaxRecords: 100, NextToken, IncludeDeleted: false }));
      for (const environment of page.Environments) {
        const task = look(environment).finally(() => running.delete(task));
        running.add(task);
        if (running.size >= 8) await Promise.race(running);
      }
      NextToken = page.NextToken;
    } while (NextToken);
    await Promise.all(running);
    console.log(JSON.stringify({ environments }));
  `;
}
