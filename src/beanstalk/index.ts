/** The face of this folder for the commands: one import loads the SDK, and nothing before it does. */
export { assumeChange, deployedOptions } from './check-change.ts';
export { connect, deadlineIn, usualPace } from './connection.ts';
export { worstFirst } from './diagnosis.ts';
export { makeHealthCheckChange, planHealthCheck, showHealthCheck } from './health-check.ts';
export { diagnoseEnvironment, surveyEnvironments } from './survey.ts';
export { findWhere } from './where.ts';
