import type { Step } from '../instance/engine.ts';
import { places } from '../instance/places.ts';
import type { Rehearsal, RehearsalPlan } from '../instance/rehearsal.ts';
import type { SiteCheck } from '../instance/site-checks.ts';
import type { Io } from '../io.ts';
import { asTyped } from './as-typed.ts';
import { maskEnvironment, type Visible } from './masked.ts';
import type { Style } from './style.ts';

interface EnvironmentFile {
  readonly path: string;
  /** Null where there was, or is, no file. Values of other variables are hidden. */
  readonly before: string | null;
  readonly after: string | null;
}

const environmentFilePaths: readonly string[] = [
  places.environment,
  places.envList,
  `${places.staging}/.env`,
  `${places.current}/.env`,
  places.hostsList,
];

/** The JSON document of `rehearse`; part of the contract. */
export function rehearsalJson(rehearsal: Rehearsal, plan: RehearsalPlan): unknown {
  const { steps, address, environment, reached, checks, trouble } = rehearsal;
  const shown = visibleOf(plan);
  return {
    command: 'rehearse',
    ok: rehearsal.passed,
    platform: plan.platform,
    address,
    variable: plan.variable,
    value: plan.variable === null ? null : (environment?.variables.get(plan.variable) ?? null),
    reached,
    trouble,
    steps: steps.map(({ changed, ...step }) => ({
      ...step,
      changed: changed.map((change) => visible(change, shown)),
    })),
    environmentFiles: environmentFiles(steps, shown),
    checks,
    appOutput: rehearsal.appOutput,
  };
}

/** The environment files that hooks changed, as they were before the first and after the last of them. */
function environmentFiles(steps: readonly Step[], shown: Visible): EnvironmentFile[] {
  const files = new Map<string, EnvironmentFile>();
  for (const change of steps.filter(({ hook }) => hook !== null).flatMap(({ changed }) => changed)) {
    if (!environmentFilePaths.includes(change.path)) continue;
    const first = files.get(change.path) ?? change;
    files.set(change.path, { path: change.path, before: first.before, after: change.after });
  }
  return [...files.values()].map((file) => visible(file, shown));
}

function visible(file: EnvironmentFile, shown: Visible): EnvironmentFile {
  const mask = (text: string | null) => (text === null ? null : maskEnvironment(text, shown));
  // Units hold no values; what else a person's own hook wrote may.
  if (/^\/(?:etc|usr\/lib)\/systemd\//.test(file.path)) return file;
  return { path: file.path, before: mask(file.before), after: mask(file.after) };
}

function visibleOf({ variable, deployments }: RehearsalPlan): Visible {
  return { variable, names: deployments.flatMap(({ properties }) => [...properties.keys()]) };
}

/** What is emulated, in a line. */
export function renderPlan(plan: RehearsalPlan, style: Style): string {
  const commands = plan.deployments.map(({ command }) => command).join(', ');
  const metadata = plan.metadata === 'up' ? '' : `, metadata service ${plan.metadata}`;
  return `${style('bold', 'emulated instance')}: platform ${plan.platform}${metadata}; ${commands}`;
}

/** One step as it happens: what ran, what it said, which file changed and how. */
export function renderStep(step: Step, plan: RehearsalPlan, style: Style): string {
  const title = `${step.command} ${step.phase.padEnd(10)} ${step.hook ?? ''}`.trimEnd();
  const lines = [`${title}${outcome(step, plan, style)}`];
  if (step.output !== '') lines.push(...indent(step.output.trimEnd()));
  if (step.hook !== null) {
    for (const change of step.changed) lines.push(...renderChange(change, visibleOf(plan), style));
  }
  return `${lines.join('\n')}\n`;
}

function outcome({ ran, ok, status, note, hook }: Step, { verifiers }: RehearsalPlan, style: Style): string {
  if (!ran) {
    const waits = hook !== null && verifiers.includes(hook);
    return style(
      'dim',
      `  not run: ${waits ? 'no app is up' : 'not made by eb-hosts (--all-hooks runs it)'}`,
    );
  }
  const failed = status === null ? 'failed' : `failed with status ${status}`;
  const result = ok ? (hook === null ? '' : style('green', '  ok')) : style('red', `  ${failed}`);
  return note === null ? result : `${result}  ${note}`;
}

function renderChange(file: EnvironmentFile, shown: Visible, style: Style): string[] {
  const { path, before, after } = visible(file, shown);
  const old = new Set(linesOf(before));
  const fresh = new Set(linesOf(after));
  const verb = before === null ? 'new' : after === null ? 'removed' : 'changed';
  if (!environmentFilePaths.includes(path)) return [`    ${style('bold', path)} (${verb})`];
  return [
    `    ${style('bold', path)} (${verb})`,
    ...linesOf(before).flatMap((line) => (fresh.has(line) ? [] : [`      ${style('red', `- ${line}`)}`])),
    ...linesOf(after).flatMap((line) => (old.has(line) ? [] : [`      ${style('green', `+ ${line}`)}`])),
  ];
}

function linesOf(text: string | null): string[] {
  return text === null ? [] : text.split('\n').filter((line) => line !== '');
}

function indent(text: string): string[] {
  return text.split('\n').map((line) => `    ${line}`);
}

/** The table of who asked what, and the outcome in a line. */
export function renderConclusion(
  rehearsal: Rehearsal,
  plan: RehearsalPlan,
  style: Style,
  env: Io['env'],
): string {
  const { checks, address, deployed, reached, trouble, steps, passed } = rehearsal;
  const name = plan.variable ?? "the app's environment";
  const table = checks.length === 0 ? '' : `${renderChecks(checks, style, env)}\n`;
  const broken = checks.some(({ status }) => status === null || status >= 500);
  const log = broken ? renderLog(rehearsal.appOutput ?? '', style) : '';
  const started = steps.findLast(({ phase }) => phase === 'start');
  let line: string;
  if (!deployed) line = 'the deployment fails';
  else if (trouble !== null) line = `the address does not reach the app: ${trouble}`;
  else if (started?.ok === false) line = 'the app did not start';
  else if (checks.length > 0) line = outcomeOf(checks, rehearsal, name);
  else if (reached) line = `${name} admits ${address}: the address reached the app's environment`;
  else line = `${name} does not hold ${address}: the address did not reach the app's environment`;
  const list = rehearsal.environment?.listFromFile
    ? `(the app must read ${places.hostsList} itself; here its line was put into the environment)\n`
    : '';
  return `${table}${log}${style(passed ? 'green' : 'red', line)}\n${list}`;
}

/** The end of what a broken app printed: that is where the reason stands. */
function renderLog(output: string, style: Style): string {
  if (output.trim() === '') return '';
  const lines = output.trimEnd().split('\n').slice(-20);
  return `${style('bold', 'the app printed last')}\n${indent(lines.join('\n')).join('\n')}\n\n`;
}

function outcomeOf(
  checks: readonly SiteCheck[],
  { passed, reached, address }: Rehearsal,
  name: string,
): string {
  if (passed) return 'the health check would pass';
  if (checks[0]?.ok !== true) {
    return `the health check would fail${reached ? '' : `: ${name} does not hold ${address}`}`;
  }
  const locked = checks.some(({ ok, asker }) => !ok && asker === 'your site');
  return `the health check would pass, ${locked ? 'but your own site is refused' : 'though no generated hook ran'}`;
}

function renderChecks(checks: readonly SiteCheck[], style: Style, env: Io['env']): string {
  const width = Math.max(...checks.map(({ host }) => host.length));
  const row = (asker: string, host: string, status: string) =>
    `${asker.padEnd(13)}  ${host.padEnd(width)}  ${status.padEnd(6)}  `;
  const rows = checks.map((check) => {
    const colour = check.ok ? 'green' : check.asker === 'foreign host' ? 'yellow' : 'red';
    const fix = check.fix === null ? '' : `${row('', '', '')}fix: ${asTyped(check.fix, env)}\n`;
    return `${row(check.asker, check.host, String(check.status ?? 'none'))}${style(colour, check.verdict)}\n${fix}`;
  });
  return `${style('bold', `${row('who asks', 'Host', 'answer')}verdict`)}\n${rows.join('')}`;
}
