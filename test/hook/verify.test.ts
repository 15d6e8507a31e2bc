import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Choices } from '../../src/hooks/choices.ts';
import { address, scratchInstance, shells, verifierPath } from '../support/hook.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

async function startApp(answer: Answer) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { site: `http://127.0.0.1:${port}`, stop: () => server.close() };
}

const status =
  (code: number): Answer =>
  (_, response) =>
    response.writeHead(code).end();

const cases: readonly [string, Partial<Choices>, Answer, number, string][] = [
  ['healthy', {}, status(200), 0, 'GET / with Host 10.0.1.5: 200, healthy'],
  ['a range of statuses', { matcher: '200-299,301', verify: 'fail' }, status(204), 0, '204, healthy'],
  [
    'a status beside the range',
    { matcher: '200-299,301', verify: 'fail' },
    status(302),
    1,
    '302, a redirect',
  ],
  [
    'refused, warn',
    {},
    status(400),
    0,
    '400, the app refuses this host: does its list read ALLOWED_HOSTS, with commas?',
  ],
  [
    'refused, fail',
    { verify: 'fail', delivery: 'env-list' },
    status(400),
    1,
    '400, the app refuses this host',
  ],
  [
    'no such path',
    { healthCheckPath: '/up' },
    status(404),
    0,
    'GET /up with Host 10.0.1.5: 404, there is nothing',
  ],
  ['a login', {}, status(403), 0, '403, access denied'],
  ['an error of the app', { verify: 'fail' }, status(500), 1, '500, the load balancer expects 200'],
];

describe.each(Object.entries(shells))('the verifier, %s', (_, shell) => {
  it.concurrent.for(cases)('%s', async ([, choices, answer, code, said]) => {
    const requests: IncomingMessage[] = [];
    const app = await startApp((request, response) => {
      requests.push(request);
      answer(request, response);
    });
    const instance = scratchInstance(choices);
    instance.write(address, '10.0.1.5\n');
    const run = await instance.run({
      shell,
      hook: verifierPath,
      site: app.site,
      properties: { http_proxy: 'http://127.0.0.1:9' },
    });
    expect(run.status).toBe(code);
    expect(run.stdout + run.stderr).toMatch(/^eb-hosts: .*$/);
    expect(run.stdout + run.stderr).toContain(said);
    expect(requests.map(({ headers }) => [headers.host, headers['user-agent']])).toEqual([
      ['10.0.1.5', 'ELB-HealthChecker/2.0'],
    ]);
    instance.remove();
    app.stop();
  });

  it.concurrent('an app that is still starting is asked again', async () => {
    const answers = [502, 503, 200];
    const app = await startApp((request, response) => status(answers.shift() ?? 500)(request, response));
    const instance = scratchInstance({ verify: 'fail' });
    instance.write(address, '10.0.1.5\n');
    expect(await instance.run({ shell, hook: verifierPath, site: app.site })).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('200, healthy'),
    });
    instance.remove();
    app.stop();
  });

  it.concurrent('without an address of the hook, it says so and fails nothing', async () => {
    const instance = scratchInstance({ verify: 'fail' });
    expect(await instance.run({ shell, hook: verifierPath })).toEqual({
      status: 0,
      stderr: '',
      stdout: 'eb-hosts: not verified: the hook wrote no address',
    });
    instance.remove();
  });
});

it('nothing answers: given up after half a minute', { timeout: 60_000 }, async () => {
  const instance = scratchInstance({ verify: 'fail' });
  instance.write(address, '10.0.1.5\n');
  expect(await instance.run({ hook: verifierPath })).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('000, nothing answers on port 80'),
  });
  instance.remove();
});
