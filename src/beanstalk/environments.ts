import { UserError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { listEnvironments } from './api.ts';
import type { Connection } from './connection.ts';
import type { Environment } from './environment.ts';

/** The one environment that `where` names.
 * @throws UserError `no-environment` (none named), `environment-not-found`, `ambiguous-environment` */
export async function findEnvironment(connection: Connection, limit?: AbortSignal): Promise<Environment> {
  const { environment: name, application, region } = connection.where;
  if (name === undefined) throw await noneNamed(connection, limit);
  const found: Environment[] = [];
  for await (const environment of listEnvironments(connection, { names: [name], limit })) {
    if (environment.name === name) found.push(environment);
  }
  const matching = found.filter(
    (environment) => application === undefined || environment.application === application,
  );
  // A name may be used again while its former bearer is still going down.
  const staying = matching.filter(({ status }) => status !== 'Terminating');
  const [only, another] = staying.length > 0 ? staying : matching;
  if (only === undefined) throw await notFound(connection, name, found, limit);
  if (another !== undefined) {
    const applications = staying.map((environment) => environment.application).join(', ');
    throw new UserError(
      'ambiguous-environment',
      `several applications in ${region} have an environment '${name}'`,
      {
        hint: `name one with --application: ${applications}`,
      },
    );
  }
  if (only.status === 'Terminating') {
    throw new UserError('environment-terminating', `'${name}' in ${region} is being terminated`);
  }
  return only;
}

async function noneNamed(connection: Connection, limit: AbortSignal | undefined): Promise<UserError> {
  const names = await namesIn(connection, limit);
  return new UserError('no-environment', 'no environment is named', {
    hint: `give --environment, or run 'eb use NAME' in the project${list(names)}`,
  });
}

async function notFound(
  connection: Connection,
  name: string,
  elsewhere: readonly Environment[],
  limit: AbortSignal | undefined,
): Promise<UserError> {
  const { application, region } = connection.where;
  const inApplication = application === undefined ? '' : ` of application '${application}'`;
  const message = `there is no environment '${name}'${inApplication} in ${region}`;
  const [other] = elsewhere;
  if (other !== undefined) {
    const hint = `it belongs to application '${other.application}': give --application '${other.application}'`;
    return new UserError('environment-not-found', message, { hint });
  }
  const names = await namesIn(connection, limit);
  const similar = nearest(name, names);
  return new UserError('environment-not-found', message, {
    hint:
      similar === undefined ? `is the region right (--region)?${list(names)}` : `did you mean '${similar}'?`,
  });
}

async function namesIn(connection: Connection, limit: AbortSignal | undefined): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const environment of listEnvironments(connection, {
    application: connection.where.application,
    limit,
  })) {
    names.push(environment.name);
  }
  return names.sort();
}

function list(names: readonly string[]): string {
  if (names.length === 0) return '';
  return `; there ${names.length === 1 ? 'is' : 'are'} ${names.slice(0, 10).join(', ')}${names.length > 10 ? ', …' : ''}`;
}
