/** The face of this folder for the `doctor` command: one import loads the SDK, and nothing before it does. */
export { connect, usualPace } from './connection.ts';
export { worstFirst } from './judge.ts';
export { diagnoseEnvironment, surveyEnvironments } from './survey.ts';
export { findWhere } from './where.ts';
