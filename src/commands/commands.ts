import type { Command } from 'commander';
import type { Invocation } from '../io.ts';
import { doctorCommand } from './doctor.ts';
import { healthCheckCommand } from './health-check.ts';
import { initCommand } from './init.ts';
import { probeCommand } from './probe.ts';
import { rehearseCommand } from './rehearse.ts';
import { removeCommand } from './remove.ts';

/** All commands. Loaded as one file: `npx` pays for each file of the package. */
export function createCommands(invocation: Invocation): Command[] {
  const descriptions = [
    [initCommand, "generate the hooks that put each instance's private IP into the allow-list"],
    [removeCommand, 'take out exactly what init wrote'],
    [doctorCommand, "everything that makes, or would make, the load balancer's health check fail"],
    [rehearseCommand, 'run the coming deployment on this machine, without AWS'],
    [probeCommand, "send the load balancer's health check, and explain the answer"],
    [healthCheckCommand, 'show, set or unset the path of the health check through the Elastic Beanstalk API'],
  ] as const;
  return descriptions.map(([create, description]) => create(invocation).description(description));
}
