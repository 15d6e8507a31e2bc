import { UserError } from '../errors.ts';
import { findEnvironment, type OptionValue, readConfiguration, readHealth, validateOptions } from './api.ts';
import {
  type Change,
  changesOf,
  chooseProcess,
  type Intent,
  remarksOnSet,
  wantedOptions,
} from './check-change.ts';
import { attempt, type Connection, deadlineIn } from './connection.ts';
import type { EnvironmentReport } from './diagnosis.ts';
import { basicHealth, type Configuration, type Environment, gradeOf, type Health } from './environment.ts';
import {
  checksOf,
  type LoadBalancer,
  loadBalancerOf,
  type ProcessCheck,
  refusalOf,
} from './load-balancer.ts';
import { redact } from './redaction.ts';
import { diagnoseEnvironment } from './survey.ts';
import { finalReadMs, type Manner, type Outcome, update } from './update.ts';

/** An environment and how its load balancer checks it. */
export interface HealthCheckView {
  readonly environment: Environment;
  readonly loadBalancer: LoadBalancer;
  readonly checks: readonly ProcessCheck[];
  readonly health: Health | null;
}

/** A change before it is made. */
export interface PlannedChange extends HealthCheckView {
  readonly process: string;
  readonly changes: readonly Change[];
  readonly remarks: readonly string[];
  /** All that is wanted, as options, whether it differs or not; empty for a removal. */
  readonly options: readonly OptionValue[];
}

/** A change after it was made, or not; with what is wrong where the environment is red after it. */
export type MadeChange = HealthCheckView & Outcome & { readonly diagnosis: EnvironmentReport | null };

/** Reads an environment's health checks as deployed, and its health where that may be read. */
export async function showHealthCheck(connection: Connection, limit?: AbortSignal): Promise<HealthCheckView> {
  const environment = await findEnvironment(connection, limit);
  if (environment.tier === 'cluster')
    return { environment, loadBalancer: 'cluster', checks: [], health: basicHealth(environment) };
  const { deployed } = await readConfiguration(connection, environment, limit);
  return viewOf(environment, deployed, await healthOf(connection, environment, limit));
}

/** Works out what a change would be; changes nothing.
 * @param onlyLook the change will not be made: without the right to have it validated a remark has to do
 * @throws UserError `no-health-check-path` for an environment whose load balancer asks for no path, `rejected` where the
 * service would not take the values, and what `chooseProcess` and `changesOf` throw */
export async function planHealthCheck(
  connection: Connection,
  intent: Intent,
  processName: string | undefined,
  { onlyLook, limit }: { onlyLook: boolean; limit?: AbortSignal },
): Promise<PlannedChange> {
  const environment = await findEnvironment(connection, limit);
  // It has none of the options that are read for the others.
  if (environment.tier === 'cluster') throw refusalOf('cluster', environment.name);
  const { deployed, draft } = await readConfiguration(connection, environment, limit);
  const view = viewOf(environment, deployed, null);
  const { loadBalancer } = view;
  const refusal = refusalOf(loadBalancer, environment.name);
  if (refusal !== undefined) throw refusal;
  const process = chooseProcess(loadBalancer, deployed.settings, processName);
  // What is on its way may undo what is deployed. On a Ready environment nothing is: such a draft was left lying.
  const coming = draft !== undefined && environment.status !== 'Ready' ? [deployed, draft] : [deployed];
  const changes =
    coming
      .map(({ settings }) => changesOf({ loadBalancer, settings, process }, intent))
      .find(({ length }) => length > 0) ?? [];
  const warnings = await validate(connection, environment, changes, limit).catch((error: unknown) => {
    if (!onlyLook || !(error instanceof UserError) || error.code !== 'access-denied') throw error;
    return [`Elastic Beanstalk was not asked whether it takes this: ${error.message}`];
  });
  if (intent.verb === 'unset') return { ...view, process, changes, remarks: warnings, options: [] };
  const target = { loadBalancer, settings: deployed.settings, process };
  const remarks = [...remarksOnSet(target, intent.wanted), ...warnings];
  const options = wantedOptions(target, intent.wanted);
  return { ...view, process, changes, remarks, options };
}

/** Makes a planned change; see `update`. */
export async function makeHealthCheckChange(
  connection: Connection,
  planned: PlannedChange,
  intent: Intent,
  manner: Manner,
): Promise<MadeChange> {
  const { environment, process, loadBalancer } = planned;
  const changesOn = ({ settings }: Configuration) => changesOf({ loadBalancer, settings, process }, intent);
  const outcome = await update(connection, environment, changesOn, manner);
  if (outcome.deployed === undefined) return { ...planned, ...outcome, diagnosis: null };
  const health = await healthOf(connection, environment, deadlineIn(finalReadMs));
  const isRed = outcome.failure === null && ['severe', 'degraded'].includes(gradeOf(health));
  const diagnosis = isRed ? await diagnoseEnvironment(connection, undefined).catch(() => null) : null;
  return { ...viewOf(environment, outcome.deployed, health), ...outcome, diagnosis };
}

function viewOf(
  environment: Environment,
  { settings }: Configuration,
  health: Health | null,
): HealthCheckView {
  const loadBalancer = loadBalancerOf(environment, settings);
  return { environment, loadBalancer, checks: checksOf(loadBalancer, settings), health };
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
  const said = messages.map(({ Severity, OptionName, Message = 'no reason given' }) => ({
    refused: Severity === 'error',
    text: redact(OptionName === undefined ? Message : `${OptionName}: ${Message}`, connection.secrets),
  }));
  const refusals = said.filter(({ refused }) => refused).map(({ text }) => text);
  if (refusals.length > 0) {
    const message = `Elastic Beanstalk would refuse this: ${refusals.join('; ')}`;
    throw new UserError('rejected', message, { hint: 'nothing was changed' });
  }
  return said.map(({ text }) => text);
}

/** Without the right to read the health, what DescribeEnvironments said has to do. */
async function healthOf(
  connection: Connection,
  environment: Environment,
  limit?: AbortSignal,
): Promise<Health> {
  const { value } = await attempt(connection, readHealth(connection, environment, limit));
  return value ?? basicHealth(environment);
}
