// A local Elastic Beanstalk of so many environments: prints its address, and ends with its stdin.
// Every tenth environment is sick.
import { startBeanstalk } from '../../test/support/beanstalk-server.ts';
import { newEnvironment } from '../../test/support/beanstalk-world.ts';

const [count = 0, latencyMs = 0] = process.argv.slice(2).map(Number);
const environments = Array.from({ length: count }, (_, index) => {
  const environment = newEnvironment(`environment-${index}`);
  // As many options as a real environment has.
  for (let option = 0; option < 120; option++)
    environment.files.set(`aws:autoscaling:asg|Option${option}`, 'value');
  if (index % 10 === 0) {
    const causes = ['100.0 % of the requests are erroring with HTTP 4xx.'];
    Object.assign(environment, { color: 'Red', healthStatus: 'Severe', causes });
  }
  return environment;
});
const server = await startBeanstalk(...environments);
server.latencyMs = latencyMs;
console.log(server.url);
process.stdin.resume().on('end', () => void server.close());
