import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { HostsProperty } from '../../src/beanstalk/environment.ts';
import { loadBalancerNames } from '../../src/beanstalk/load-balancer.ts';
import { errorCodes } from '../../src/error-codes.ts';
import { findingCodes } from '../../src/finding-codes.ts';
import type { Severity } from '../../src/findings.ts';
import { deliveries, onFailures, verifications } from '../../src/hooks/choices.ts';
import type { Action } from '../../src/hooks/plan.ts';
import { enginePlatforms } from '../../src/instance/emulated-instance.ts';
import type { EngineCommand, Phase } from '../../src/instance/engine.ts';
import { type CheckFailure, loadBalancers } from '../../src/instance/health-checker.ts';
import type { SiteCheck } from '../../src/instance/site-checks.ts';
import { type Verdict, verdictCodes } from '../../src/instance/verdict.ts';
import { frameworks, type HostsSource, type Platform, roles, separators } from '../../src/project/project.ts';
import { useBeanstalk } from '../support/beanstalk-cli.ts';
import { newEnvironment } from '../support/beanstalk-world.ts';
import { djangoProject } from '../support/command-line.ts';
import { schemaErrors, schemaFor, schemas } from '../support/schemas.ts';
import { repositoryOf, scratchDirectory } from '../support/scratch.ts';
import { runMain } from './in-process.ts';
import { app, projectWithHooks } from './rehearsing.ts';

const beanstalk = useBeanstalk();

type Document = Record<string, unknown>;

/** What a run prints with `--json`; `runMain` has held it against its schema. */
async function documentOf(argv: readonly string[], cwd = scratchDirectory()): Promise<Document> {
  const end = argv.indexOf('--');
  const flags = end === -1 ? argv : argv.slice(0, end);
  const { env } = process;
  const { stdout } = await runMain([...flags, '--json', ...argv.slice(flags.length)], { cwd, env });
  return JSON.parse(stdout) as Document;
}

/** An app that answers 400 to everything, as one does to a Host that it does not know. */
async function refusingApp(): Promise<string> {
  const server = createServer((_, response) => response.writeHead(400).end('<h1>Bad Request (400)</h1>'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const literalHosts = { ...djangoProject, 'mysite/settings.py': 'ALLOWED_HOSTS = ["example.com"]\n' };

/** Results of every command, good and bad; each under the name of the command line that printed it. */
const results: Record<string, () => Promise<Document>> = {
  'init --dry-run': async () => documentOf(['init', '--dry-run'], repositoryOf(djangoProject)),
  'init --check': async () => documentOf(['init', '--check'], repositoryOf(djangoProject)),
  'init --yes': async () =>
    documentOf(['init', '--yes', '--health-check-path', '/health/'], repositoryOf(djangoProject)),
  'init, a literal list': async () => documentOf(['init', '--yes'], repositoryOf(literalHosts)),
  'init, an empty directory': async () => documentOf(['init', '--dry-run']),
  'init, a conflict': async () =>
    documentOf(
      ['init', '--yes'],
      repositoryOf({ ...djangoProject, '.platform/hooks/predeploy/10_eb_hosts.sh*': '#!/bin/sh\n' }),
    ),
  'remove, nothing': async () => documentOf(['remove', '--yes']),
  'remove --dry-run': async () => documentOf(['remove', '--dry-run'], await projectWithHooks()),
  doctor: async () =>
    documentOf(
      ['doctor'],
      repositoryOf({
        ...literalHosts,
        '.ebextensions/a.config': 'option_settings:\n  x: [\n',
        '.ebignore': '.platform\n',
      }),
    ),
  'doctor --environment': async () => {
    const environment = newEnvironment('shop-prod');
    Object.assign(environment, {
      color: 'Red',
      healthStatus: 'Severe',
      causes: ['100 % of the requests are erroring with HTTP 4xx.'],
    });
    await beanstalk.start(environment);
    return documentOf(['doctor', '--environment', 'shop-prod']);
  },
  'doctor --all': async () => {
    await beanstalk.start(
      newEnvironment('a'),
      newEnvironment('b', 'single-instance'),
      newEnvironment('c', 'classic'),
    );
    return documentOf(['doctor', '--all']);
  },
  rehearse: async () => documentOf(['rehearse'], await projectWithHooks()),
  'rehearse without hooks': async () => documentOf(['rehearse'], repositoryOf(djangoProject)),
  'rehearse -- COMMAND': async () => documentOf(['rehearse', '--', ...app], await projectWithHooks()),
  probe: async () => documentOf(['probe', await refusingApp()]),
  'probe, a connection': async () =>
    documentOf(['probe', (await refusingApp()).replace('http', 'tcp').slice(0, -1)]),
  'probe, nobody there': async () => documentOf(['probe', 'http://127.0.0.1:1/']),
  'health-check show': async () => {
    await beanstalk.start(newEnvironment('shop-prod'));
    return documentOf(['health-check', 'show', '--environment', 'shop-prod']);
  },
  'health-check set --dry-run': async () => {
    await beanstalk.start(newEnvironment('shop-prod', 'classic'));
    return documentOf(['health-check', 'set', '/health/', '--environment', 'shop-prod', '--dry-run']);
  },
  'health-check set': async () => {
    await beanstalk.start(newEnvironment('shop-prod'));
    return JSON.parse(
      (await beanstalk.run(['set', '/health/', '--yes', '--json', '--environment', 'shop-prod'])).stdout,
    ) as Document;
  },
  'health-check set, rolled back': async () => {
    const environment = newEnvironment('shop-prod');
    Object.assign(environment.script, { outcome: 'rollback' });
    await beanstalk.start(environment);
    const argv = ['set', '/health/', '--yes', '--json', '--environment', 'shop-prod'];
    return JSON.parse((await beanstalk.run(argv)).stdout) as Document;
  },
};

const failures: Record<string, readonly string[]> = {
  init: ['init', '--role', 'x'],
  remove: ['remove', '--cwd', 'nowhere'],
  doctor: ['doctor', '--environment', 'a', '--all'],
  rehearse: ['rehearse', '--'],
  probe: ['probe'],
  'health-check': ['health-check', 'show', '--profile', 'nobody'],
  'no command': ['inti'],
};

describe('every result is as its schema says', () => {
  const described = new Set<string>();

  it.each(Object.keys(results))('%s', async (name) => {
    const document = await results[name]?.();
    expect(name.startsWith(String(document?.command))).toBe(true);
    expect(document).not.toHaveProperty('stack');
    described.add(schemaFor(document));
    for (const spoilt of spoil(document)) {
      expect(schemaErrors(schemaFor(document), spoilt.document), spoilt.what).not.toEqual([]);
    }
  });

  it.each(Object.entries(failures))('the failure of %s', async (_, argv) => {
    const document = await documentOf(argv);
    expect(schemaFor(document)).toBe('error');
    described.add('error');
    for (const spoilt of spoil(document)) {
      expect(schemaErrors('error', spoilt.document), spoilt.what).not.toEqual([]);
    }
  });

  it('and no schema is left that describes nothing', () => {
    expect([...described].sort()).toEqual([...schemas.keys()].filter((name) => name !== 'common').sort());
  });
});

/** Keys that may be absent; each is described as such. */
const optional = ['environment', 'environments'];
/** Objects whose keys are not ours: headers. */
const open = /\/headers$/;

/** The document with each key missing, and with a key too many in each object, one fault at a time. */
function spoil(document: unknown): { what: string; document: unknown }[] {
  const faults: { what: string; document: unknown }[] = [];
  const visit = (value: unknown, place: string, put: (fault: unknown) => unknown) => {
    if (Array.isArray(value)) {
      // The first and the last stand for the others, which are alike.
      for (const index of new Set([0, value.length - 1].filter((at) => at >= 0))) {
        visit(value[index], `${place}/${index}`, (fault) => put(value.with(index, fault)));
      }
    } else if (typeof value === 'object' && value !== null && !open.test(place)) {
      faults.push({ what: `${place} with one key too many`, document: put({ ...value, surplus: 1 }) });
      for (const [key, inner] of Object.entries(value)) {
        const { [key]: _, ...rest } = value as Document;
        if (!optional.includes(key) || place === '') {
          if (key !== 'environments') faults.push({ what: `${place} without ${key}`, document: put(rest) });
        }
        faults.push({
          what: `${place}/${key} of another type`,
          document: put({ ...value, [key]: [[]] }),
        });
        visit(inner, `${place}/${key}`, (fault) => put({ ...value, [key]: fault }));
      }
    }
  };
  visit(document, '', (fault) => fault);
  return faults;
}

/** The words of a set that is only a type: the compiler sees that none is missing. */
const words = <T extends string>(all: Record<T, true>) => Object.keys(all);

/** The `enum` at a place of a schema. */
function enumAt(name: string, ...place: string[]): unknown {
  const found = place.reduce<unknown>((value, key) => (value as Document)[key], schemas.get(name));
  return (found as { enum: unknown[] }).enum.filter((word) => word !== null);
}

describe('a closed set', () => {
  const failure: Record<CheckFailure, true> = {
    name: true,
    unreachable: true,
    refused: true,
    'connect-timeout': true,
    'handshake-timeout': true,
    'answer-timeout': true,
    closed: true,
    'plain-port': true,
    'tls-port': true,
    tls: true,
    'not-http': true,
  };
  const sources = {
    environment: true,
    literal: true,
    wildcard: true,
    file: true,
    secret: true,
    metadata: true,
    unknown: true,
  } as const;
  const platforms = {
    python: true,
    docker: true,
    compose: true,
    ecs: true,
    other: true,
    unknown: true,
  } as const;
  const actions = { create: true, update: true, unchanged: true, delete: true, conflict: true } as const;
  const phases = {
    prebuild: true,
    predeploy: true,
    postdeploy: true,
    stage: true,
    flip: true,
    start: true,
  } as const;
  const reasons = {
    'Target.ResponseCodeMismatch': true,
    'Target.Timeout': true,
    'Target.FailedHealthChecks': true,
  } as const;
  const stepProperties = ['rehearse', 'properties', 'steps', 'items', 'properties'];

  it.each<[string, readonly string[], string[]]>([
    ['codes of findings', findingCodes, ['common', '$defs', 'findingCode']],
    ['codes of errors', errorCodes, ['common', '$defs', 'error', 'properties', 'code']],
    ['codes of verdicts', verdictCodes, ['probe', 'properties', 'verdict', 'properties', 'code']],
    [
      'severities',
      words<Severity>({ error: true, warning: true, info: true }),
      ['common', '$defs', 'finding', 'properties', 'severity'],
    ],
    ['frameworks', frameworks, ['common', '$defs', 'framework']],
    ['platforms', words<Platform>(platforms), ['common', '$defs', 'platform']],
    ['separators', separators, ['common', '$defs', 'separator']],
    ['roles', roles, ['common', '$defs', 'role']],
    ['sources', words<HostsSource>(sources), ['common', '$defs', 'setting', 'properties', 'source']],
    ['actions', words<Action>(actions), ['common', '$defs', 'file', 'properties', 'action']],
    ['load balancers of environments', Object.keys(loadBalancerNames), ['common', '$defs', 'loadBalancer']],
    ['deliveries', deliveries, ['init', 'properties', 'choices', 'properties', 'delivery']],
    ['what a failure does', onFailures, ['init', 'properties', 'choices', 'properties', 'onFailure']],
    ['verifications', verifications, ['init', 'properties', 'choices', 'properties', 'verify']],
    ['emulated platforms', enginePlatforms, ['rehearse', 'properties', 'platform']],
    [
      'commands of the engine',
      words<EngineCommand>({ 'app-deploy': true, 'config-deploy': true }),
      [...stepProperties, 'command'],
    ],
    ['phases', words<Phase>(phases), [...stepProperties, 'phase']],
    [
      'askers',
      words<SiteCheck['asker']>({ 'load balancer': true, 'your site': true, 'foreign host': true }),
      ['rehearse', 'properties', 'checks', 'items', 'properties', 'asker'],
    ],
    [
      'load balancers that are played',
      loadBalancers,
      ['probe', 'properties', 'request', 'properties', 'loadBalancer'],
    ],
    ['failures of a check', words(failure), ['probe', 'properties', 'failure']],
    [
      'reasons',
      words<NonNullable<Verdict['reason']>>(reasons),
      ['probe', 'properties', 'verdict', 'properties', 'reason'],
    ],
    [
      'verdicts on properties',
      words<HostsProperty['verdict']>({
        empty: true,
        wildcard: true,
        'has-private-addresses': true,
        hosts: true,
        secret: true,
      }),
      [
        'doctor',
        'properties',
        'environments',
        'items',
        'properties',
        'properties',
        'items',
        'properties',
        'verdict',
      ],
    ],
  ])('has the same words in the code and in the schemas: %s', (_, own, [name = '', ...place]) => {
    expect([...(enumAt(name, ...place) as string[])].sort()).toEqual([...own].sort());
  });
});

describe('a schema', () => {
  it.each([...schemas.keys()])('%s has an $id that stays, and says what it describes', (name) => {
    expect(schemas.get(name)).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: `urn:eb-hosts:schema:${name}:1`,
      title: expect.any(String),
    });
  });

  it('ties an error to an update that failed, both ways', () => {
    const document = {
      command: 'health-check',
      ok: true,
      environment: 'shop-prod',
      application: 'shop',
      region: 'eu-west-1',
      loadBalancer: 'application',
      settings: [],
      changes: [],
      applied: true,
      events: [],
      health: null,
    };
    const error = { code: 'update-failed', message: 'it failed', hint: null };
    expect(schemaErrors('health-check', document)).toEqual([]);
    expect(schemaErrors('health-check', { ...document, ok: false, error })).toEqual([]);
    expect(schemaErrors('health-check', { ...document, ok: false })).not.toEqual([]);
    expect(schemaErrors('health-check', { ...document, error })).not.toEqual([]);
  });
});
