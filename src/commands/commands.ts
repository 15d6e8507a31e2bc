import type { Command } from 'commander';
import { doctorCommand } from './doctor.ts';
import { healthCheckCommand } from './health-check.ts';
import { initCommand } from './init.ts';
import type { Invocation } from './invocation.ts';
import { probeCommand } from './probe.ts';
import { rehearseCommand } from './rehearse.ts';
import { removeCommand } from './remove.ts';

/** All commands by their names. Loaded as one file, and only when one is called: `npx` pays for each file of the package. */
export const commands: Readonly<Record<string, (invocation: Invocation) => Command>> = {
  init: initCommand,
  remove: removeCommand,
  doctor: doctorCommand,
  rehearse: rehearseCommand,
  probe: probeCommand,
  'health-check': healthCheckCommand,
};
