import { UserError } from '../errors.ts';
import { readConfiguration, validateOptions } from './api.ts';
import { basicHealth, readHealth } from './api-health.ts';
import { beginUpdate, momentBefore, waitUntilReady } from './apply-change.ts';
import { isPassing } from './aws-errors.ts';
import { brokenOff, busy, failureOf, type Phase, timedOutBefore, timedOutWhile } from './change-errors.ts';
import { type Connection, pause } from './connection.ts';
import { deadlineIn, extrasMs } from './deadline.ts';
import type { Environment, EnvironmentEvent, Health, OptionValue } from './environment.ts';
import { findEnvironment } from './environments.ts';
import { followUpdate, lastWordsMs, type Outcome, type Progress } from './follow.ts';
import {
  type Change,
  chooseProcess,
  planSet,
  planUnset,
  remarksOnSet,
  type WantedCheck,
  wantedOptions,
} from './health-check-change.ts';
import {
  type CheckPart,
  checksOf,
  type LoadBalancer,
  loadBalancerOf,
  type ProcessCheck,
  refusalOf,
} from './load-balancer.ts';
import { told } from './redaction.ts';
import type { Configuration } from './settings.ts';

/** An environment and how its load balancer checks it. */
export interface HealthCheckView {
  readonly environment: Environment;
  readonly loadBalancer: LoadBalancer;
  readonly checks: readonly ProcessCheck[];
  readonly health: Health | null;
}

/** What is to happen to a health check. */
export type Intent =
  | { readonly verb: 'set'; readonly wanted: WantedCheck }
  | { readonly verb: 'unset'; readonly parts: readonly CheckPart[] };

/** A change before it is made. */
export interface PlannedChange extends HealthCheckView {
  readonly process: string;
  readonly changes: readonly Change[];
  readonly remarks: readonly string[];
  /** All that is wanted, as options, whether it differs or not; empty for a removal. */
  readonly options: readonly OptionValue[];
}

/** A change after it was made, or not. */
export interface MadeChange extends HealthCheckView {
  readonly changes: readonly Change[];
  readonly applied: boolean;
  readonly events: readonly EnvironmentEvent[];
  /** Null where nothing went wrong. */
  readonly failure: UserError | null;
}

/** How to make a change. */
export interface Manner {
  readonly wait: boolean;
  readonly timeoutMs: number;
  readonly report: (progress: Progress) => void;
}

/** Reads an environment's health checks as deployed, and its health where that may be read. */
export async function showHealthCheck(connection: Connection, limit?: AbortSignal): Promise<HealthCheckView> {
  const environment = await findEnvironment(connection, limit);
  const { deployed } = await readConfiguration(connection, environment, limit);
  const soon = AbortSignal.any([deadlineIn(extrasMs), ...(limit === undefined ? [] : [limit])]);
  return viewOf(environment, deployed, await healthIfReadable(connection, environment, soon));
}

/** Works out what a change would be; changes nothing.
 * @param onlyLook the change will not be made: without the right to have it validated a remark has to do
 * @throws UserError `no-health-check-path` for an environment whose load balancer asks for no path, `rejected` where the
 * service would not take the values, and what `chooseProcess` and `planSet` throw */
export async function planHealthCheck(
  connection: Connection,
  intent: Intent,
  processName: string | undefined,
  { onlyLook, limit }: { onlyLook: boolean; limit?: AbortSignal },
): Promise<PlannedChange> {
  const environment = await findEnvironment(connection, limit);
  const { deployed, draft } = await readConfiguration(connection, environment, limit);
  const view = viewOf(environment, deployed, null);
  const refusal = refusalOf(view.loadBalancer, environment.name);
  if (refusal !== undefined) throw refusal;
  const process = chooseProcess(view.loadBalancer, deployed.settings, processName);
  const changes = changesOf(view.loadBalancer, deployed, process, intent);
  // What is on its way may undo what is deployed. On a Ready environment nothing is: such a draft was left lying.
  const isUnderWay = draft !== undefined && environment.status !== 'Ready';
  const upcoming = !isUnderWay ? [] : changesOf(view.loadBalancer, draft, process, intent);
  const effective = changes.length > 0 ? changes : upcoming;
  const remarks =
    intent.verb === 'set' ? remarksOnSet(view.loadBalancer, deployed.settings, process, intent.wanted) : [];
  const warnings = await validate(connection, environment, effective, limit).catch((error: unknown) => {
    if (!onlyLook || !(error instanceof UserError) || error.code !== 'access-denied') throw error;
    return [`Elastic Beanstalk was not asked whether it takes this: ${error.message}`];
  });
  const options =
    intent.verb === 'set' ? wantedOptions(view.loadBalancer, deployed.settings, process, intent.wanted) : [];
  return { ...view, process, changes: effective, remarks: [...remarks, ...warnings], options };
}

/** Makes a planned change: waits for the environment to be Ready, plans anew on what is deployed then, asks once, follows
 * the update to its end and reads back.
 * @throws UserError where nothing was changed, or where it cannot be known what happened */
export async function makeHealthCheckChange(
  connection: Connection,
  planned: PlannedChange,
  intent: Intent,
  { wait, timeoutMs, report }: Manner,
): Promise<MadeChange> {
  const { environment, process, loadBalancer } = planned;
  const deadline = deadlineIn(timeoutMs);
  const made = (parts: Partial<MadeChange>): MadeChange => {
    return { ...planned, applied: false, events: [], failure: null, ...parts };
  };
  let phase: Phase = 'before';
  try {
    for (;;) {
      if (!wait && environment.status !== 'Ready') throw busy(environment);
      if (wait && !(await waitUntilReady(connection, environment, deadline, report)))
        throw timedOutBefore(environment, timeoutMs);
      const { deployed } = await readConfiguration(connection, environment, deadline);
      const changes = changesOf(loadBalancer, deployed, process, intent);
      if (changes.length === 0) {
        const health = await healthIfReadable(connection, environment, deadline);
        return made({ ...viewOf(environment, deployed, health), changes });
      }
      const since = wait ? await momentBefore(connection, environment, deadline) : undefined;
      phase = 'asking';
      const update = await beginUpdate(connection, { environment, changes, since }, deadline, report);
      if (update === 'busy') {
        phase = 'before';
        if (!wait) throw busy(environment);
        await pause(connection.pace.pollMs, AbortSignal.any([connection.signal, deadline]));
        continue;
      }
      if (!wait) return made({ changes, applied: true });
      phase = 'following';
      const outcome = await followUpdate(connection, update, deadline, report);
      return made({ changes, ...(await conclude(connection, environment, outcome, timeoutMs)) });
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (phase === 'before' && deadline.aborted && isPassing(error))
      throw timedOutBefore(environment, timeoutMs);
    const told = brokenOff(error, phase, environment);
    throw deadline.aborted && isPassing(error) ? timedOutWhile(told) : told;
  }
}

async function conclude(
  connection: Connection,
  environment: Environment,
  outcome: Outcome,
  timeoutMs: number,
): Promise<Partial<MadeChange>> {
  const { end, events, deployed } = outcome;
  const failure = end === 'done' ? null : failureOf(outcome, environment, timeoutMs);
  if (deployed === undefined) return { events, failure };
  const health = await healthIfReadable(connection, environment, deadlineIn(lastWordsMs));
  return { ...viewOf(environment, deployed, health), applied: end === 'done', events, failure };
}

function viewOf(environment: Environment, deployed: Configuration, health: Health | null): HealthCheckView {
  const loadBalancer = loadBalancerOf(environment, deployed.settings);
  return { environment, loadBalancer, checks: checksOf(loadBalancer, deployed.settings), health };
}

function changesOf(
  loadBalancer: LoadBalancer,
  { settings }: Configuration,
  process: string,
  intent: Intent,
): readonly Change[] {
  if (intent.verb === 'set') return planSet(loadBalancer, settings, process, intent.wanted);
  return planUnset(loadBalancer, settings, process, intent.parts);
}

/** Lets the service judge the values. It knows no removal. */
async function validate(
  connection: Connection,
  environment: Environment,
  changes: readonly Change[],
  limit: AbortSignal | undefined,
): Promise<readonly string[]> {
  const options = changes.flatMap(({ namespace, option, to }) =>
    to === null ? [] : [{ namespace, option, value: to }],
  );
  if (options.length === 0) return [];
  const messages = await validateOptions(connection, environment, options, limit);
  const said = messages.map(({ Severity, OptionName, Message }) => ({
    refused: /^error$/i.test(Severity ?? ''),
    text: told(
      `${OptionName === undefined ? '' : `${OptionName}: `}${Message ?? 'no reason given'}`,
      connection.secrets,
    ),
  }));
  const refusals = said.filter(({ refused }) => refused).map(({ text }) => text);
  if (refusals.length > 0) {
    throw new UserError('rejected', `Elastic Beanstalk would refuse this: ${refusals.join('; ')}`, {
      hint: 'nothing was changed',
    });
  }
  return said.map(({ text }) => text);
}

/** Health is an extra here: without the right to read it, what DescribeEnvironments said has to do. */
async function healthIfReadable(
  connection: Connection,
  environment: Environment,
  limit?: AbortSignal,
): Promise<Health> {
  try {
    return await readHealth(connection, environment, limit);
  } catch (error) {
    if (connection.signal.aborted || !(error instanceof UserError)) throw error;
    return basicHealth(environment);
  }
}
