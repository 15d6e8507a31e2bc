// The calls that `doctor --all` makes, with the SDK and nothing else.
import {
  DescribeConfigurationSettingsCommand,
  DescribeEnvironmentHealthCommand,
  DescribeEnvironmentsCommand,
  ElasticBeanstalkClient,
  type EnvironmentDescription,
} from '@aws-sdk/client-elastic-beanstalk';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
const client = new ElasticBeanstalkClient({ maxAttempts: 10, retryMode: 'adaptive' });
const environments: { name: string | undefined; loadBalancer: string }[] = [];
const running = new Set<Promise<void>>();

async function look({ ApplicationName, EnvironmentName, Health }: EnvironmentDescription): Promise<void> {
  await client.send(new DescribeConfigurationSettingsCommand({ ApplicationName, EnvironmentName }));
  if (Health !== 'Green')
    await client.send(new DescribeEnvironmentHealthCommand({ EnvironmentName, AttributeNames: ['All'] }));
  environments.push({ name: EnvironmentName, loadBalancer: 'application' });
}

let next: string | undefined;
do {
  const page = await client.send(
    new DescribeEnvironmentsCommand({ MaxRecords: 100, NextToken: next, IncludeDeleted: false }),
  );
  for (const environment of page.Environments ?? []) {
    const task = look(environment).finally(() => running.delete(task));
    running.add(task);
    // As many at once as doctor asks.
    if (running.size >= 8) await Promise.race(running);
  }
  next = page.NextToken;
} while (next !== undefined);
await Promise.all(running);
console.log(JSON.stringify({ environments }));
