/** The face of this folder for the `health-check` command: one import loads the SDK, and nothing before it does. */
export { makeHealthCheckChange, planHealthCheck, showHealthCheck } from './change-health-check.ts';
export { connect, usualPace } from './connection.ts';
export { deadlineIn } from './deadline.ts';
export { deployedOptions } from './health-check-change.ts';
export { refusalOf } from './load-balancer.ts';
export { findWhere } from './where.ts';
