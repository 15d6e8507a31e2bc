import {
  DescribeEnvironmentHealthCommand,
  DescribeInstancesHealthCommand,
  DescribePlatformVersionCommand,
} from '@aws-sdk/client-elastic-beanstalk';
import { isBasicHealth } from './aws-errors.ts';
import { type Connection, call } from './connection.ts';
import type { Environment, Health, InstanceHealth, PlatformVersion } from './environment.ts';
import { pages } from './paging.ts';
import { told } from './redaction.ts';

/** The health of an environment; with basic health what its description says. */
export async function readHealth(
  connection: Connection,
  environment: Environment,
  limit?: AbortSignal,
): Promise<Health> {
  try {
    const health = await call(
      connection,
      'DescribeEnvironmentHealth',
      (options) =>
        connection.client.send(
          // Without the attribute list only the name comes back.
          new DescribeEnvironmentHealthCommand({
            EnvironmentName: environment.name,
            AttributeNames: ['All'],
          }),
          options,
        ),
      limit,
    );
    return {
      status: health.HealthStatus ?? environment.healthStatus ?? null,
      color: health.Color ?? environment.color ?? null,
      causes: (health.Causes ?? []).map((cause) => told(cause, connection.secrets)),
    };
  } catch (error) {
    if (!isBasicHealth(error)) throw error;
    return basicHealth(environment);
  }
}

/** What DescribeEnvironments alone says of an environment's health. */
export function basicHealth(environment: Environment): Health {
  return { status: environment.healthStatus ?? null, color: environment.color ?? null, causes: [] };
}

/** The health of every instance; none with basic health. */
export async function readInstances(
  connection: Connection,
  environment: Environment,
  limit?: AbortSignal,
): Promise<readonly InstanceHealth[]> {
  const instances: InstanceHealth[] = [];
  const nextPage = pages();
  let token: string | undefined;
  do {
    const page = await call(
      connection,
      'DescribeInstancesHealth',
      (options) =>
        connection.client.send(
          new DescribeInstancesHealthCommand({
            EnvironmentName: environment.name,
            AttributeNames: ['All'],
            NextToken: token,
          }),
          options,
        ),
      limit,
    );
    for (const { InstanceId, HealthStatus, Causes } of page.InstanceHealthList ?? []) {
      instances.push({
        id: InstanceId ?? '',
        status: HealthStatus ?? null,
        causes: (Causes ?? []).map((cause) => told(cause, connection.secrets)),
      });
    }
    token = nextPage(page.NextToken);
  } while (token !== undefined);
  return instances;
}

/** When a platform's version was made, and whether its branch is still kept. */
export async function readPlatform(
  connection: Connection,
  platformArn: string,
  limit: AbortSignal,
): Promise<PlatformVersion> {
  const { PlatformDescription: platform } = await call(
    connection,
    'DescribePlatformVersion',
    (options) =>
      connection.client.send(new DescribePlatformVersionCommand({ PlatformArn: platformArn }), options),
    limit,
  );
  return {
    created: platform?.DateCreated?.toISOString() ?? null,
    branchState: platform?.PlatformBranchLifecycleState ?? null,
  };
}
