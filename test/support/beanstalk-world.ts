import { randomUUID } from 'node:crypto';
import { defaultsOf, type Kind } from './beanstalk-configuration.ts';

/** How the next updates of an environment go. */
export interface Script {
  /** Looks at the environment (DescribeEnvironments) until an update ends; Infinity: never. */
  polls: number;
  outcome: 'success' | 'rollback' | 'with-errors' | 'terminated';
  /** Looks until the first event is told; Infinity: no event at all. */
  firstEventAfter: number;
  /** Looks that find the environment Ready, before the work begins. */
  startsAfter: number;
  /** Looks at a Ready environment that still see the old configuration. */
  staleReads: number;
  /** Looks at a Ready environment before the last events are told. */
  lastWordsAfter: number;
  /** What the service says when it fails. */
  reason: string;
}

export interface FakeEvent {
  EventDate: Date;
  Message: string;
  Severity: string;
  RequestId?: string | undefined;
  ApplicationName: string;
  EnvironmentName: string;
}

type Values = Map<string, string>;

export interface FakeEnvironment {
  readonly name: string;
  readonly application: string;
  status: string;
  tier: 'web' | 'worker' | 'cluster';
  version: { label: string; created: Date };
  color: string;
  healthStatus: string;
  causes: string[];
  requestCount: number;
  platform: string;
  /** Values by precedence: direct settings, then the deployed bundle's files, then defaults. Keys are `namespace|option`. */
  direct: Values;
  files: Values;
  defaults: Values;
  properties: Record<string, string>;
  /** Properties that are ARNs of secrets. */
  secrets: Record<string, string>;
  basicHealth: boolean;
  /** Nothing is deployed yet. */
  creating: boolean;
  instances: { id: string; status: string; color: string; causes: string[] }[];
  script: Script;
  events: FakeEvent[];
  draft: { set: [string, string][]; remove: string[]; status: 'pending' | 'failed' } | undefined;
  update: { id: string; polls: number; looks: number; told: boolean } | undefined;
  stale: { reads: number; direct: Values };
  /** What is told later; undefined: nothing is. */
  lastWords: { looks: number; tell: () => void } | undefined;
}

/** An environment as it stands after `eb create`, with a secret among its properties. */
export function newEnvironment(
  name: string,
  kind: Kind = 'application',
  application = 'shop',
): FakeEnvironment {
  return {
    name,
    application,
    status: 'Ready',
    tier: kind === 'worker' || kind === 'cluster' ? kind : 'web',
    version: { label: 'app-1', created: new Date('2026-05-01T00:00:00Z') },
    color: 'Green',
    healthStatus: 'Ok',
    causes: [],
    requestCount: 120,
    platform: '64bit Amazon Linux 2023 v4.3.2 running Python 3.11',
    direct: new Map(),
    files: new Map(),
    defaults: new Map(defaultsOf(kind)),
    properties: { ALLOWED_HOSTS: 'example.com', SECRET_KEY: 'hunter2-is-secret' },
    secrets: {},
    basicHealth: false,
    creating: false,
    instances: [{ id: 'i-0123456789abcdef0', status: 'Ok', color: 'Green', causes: [] }],
    script: {
      polls: 2,
      outcome: 'success',
      firstEventAfter: 0,
      startsAfter: 0,
      staleReads: 0,
      lastWordsAfter: 0,
      reason: 'Service:AmazonCloudFormation, Message:Stack named awseb-e-x aborted operation.',
    },
    events: [],
    draft: undefined,
    update: undefined,
    stale: { reads: 0, direct: new Map() },
    lastWords: undefined,
  };
}

export function tell(
  environment: FakeEnvironment,
  severity: string,
  message: string,
  requestId?: string,
): void {
  const last = environment.events[0]?.EventDate.getTime() ?? Date.now() - 3_600_000;
  environment.events.unshift({
    EventDate: new Date(last + 1_000),
    Message: message,
    Severity: severity,
    RequestId: requestId,
    ApplicationName: environment.application,
    EnvironmentName: environment.name,
  });
}

/** Takes an update: the draft is written, the environment leaves Ready.
 * @returns the request's id */
export function beginUpdate(environment: FakeEnvironment, set: [string, string][], remove: string[]): string {
  const id = randomUUID();
  if (environment.script.startsAfter === 0) environment.status = 'Updating';
  environment.draft = { set, remove, status: 'pending' };
  environment.update = { id, polls: environment.script.polls, looks: 0, told: false };
  return id;
}

/** Somebody looks at the environment: the work goes on by one step. */
export function look(environment: FakeEnvironment): void {
  const { update, script, lastWords } = environment;
  if (lastWords !== undefined && --lastWords.looks < 0) {
    environment.lastWords = undefined;
    lastWords.tell();
  }
  if (update === undefined) return;
  update.looks += 1;
  if (update.looks <= script.startsAfter) return;
  if (environment.status === 'Ready') {
    environment.status = 'Updating';
    update.looks = 1;
    script.startsAfter = 0;
  }
  if (!update.told && update.looks > script.firstEventAfter) {
    update.told = true;
    tell(environment, 'INFO', 'Environment update is starting.', update.id);
    tell(
      environment,
      'INFO',
      `Updating environment ${environment.name}'s configuration settings.`,
      update.id,
    );
  }
  // This one comes while the environment is still Updating.
  if (update.looks === update.polls && update.told && script.outcome === 'success') {
    tell(environment, 'INFO', 'Successfully deployed new configuration to environment.', update.id);
  }
  if (update.looks <= update.polls) return;
  finish(environment, update.id, update.told);
}

function finish(environment: FakeEnvironment, id: string, told: boolean): void {
  const { script, draft } = environment;
  environment.update = undefined;
  environment.creating = false;
  if (script.outcome === 'terminated') {
    environment.status = 'Terminated';
    return;
  }
  environment.status = 'Ready';
  if (script.outcome === 'rollback') {
    if (draft !== undefined) draft.status = 'failed';
  } else {
    environment.stale = { reads: script.staleReads, direct: new Map(environment.direct) };
    for (const [key, value] of draft?.set ?? []) environment.direct.set(key, value);
    for (const key of draft?.remove ?? []) environment.direct.delete(key);
    environment.draft = undefined;
  }
  if (!told) return;
  const words = lastWordsOf(script);
  environment.lastWords = {
    looks: script.lastWordsAfter,
    tell: () => {
      for (const [severity, message] of words) tell(environment, severity, message, id);
    },
  };
  if (script.lastWordsAfter === 0) {
    environment.lastWords.tell();
    environment.lastWords = undefined;
  }
}

function lastWordsOf({ outcome, reason }: Script): readonly (readonly [string, string])[] {
  if (outcome === 'rollback') {
    return [
      ['ERROR', reason],
      ['ERROR', 'Failed to deploy configuration.'],
      ['INFO', 'The environment was reverted to the previous configuration setting.'],
    ];
  }
  if (outcome !== 'with-errors') return [['INFO', 'Environment update completed successfully.']];
  return [
    ['ERROR', reason],
    [
      'ERROR',
      'Update environment operation is complete, but with errors. For more information, see troubleshooting documentation.',
    ],
  ];
}
