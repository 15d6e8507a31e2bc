import { posix } from 'node:path';
import type { FileChange, Step } from '../instance/engine.ts';
import {
  decisiveChecks,
  hookFailed,
  type Rehearsal,
  type RehearsalPlan,
  type SiteCheck,
} from '../instance/rehearsal.ts';
import type { Io } from '../io.ts';
import { asTyped, type Style, wrap } from './text.ts';

/** The JSON document of `rehearse`; part of the contract. */
export function rehearsalJson(rehearsal: Rehearsal, plan: RehearsalPlan): unknown {
  const { address, environment, reached, checks, notExercised, trouble, appOutput } = rehearsal;
  const steps = rehearsal.steps.map((step) => ({ ...step, changed: masked(step.changed, plan) }));
  // As they were before the first hook, and are after the last one.
  const files = new Map<string, FileChange>();
  for (const change of steps.filter(({ hook }) => hook !== null).flatMap(({ changed }) => changed)) {
    const { before } = files.get(change.path) ?? change;
    files.set(change.path, { ...change, before });
  }
  return {
    command: 'rehearse',
    ok: rehearsal.passed,
    platform: plan.platform,
    address,
    variable: plan.variable,
    value: plan.variable === null ? null : (environment?.get(plan.variable) ?? null),
    reached,
    trouble,
    steps,
    environmentFiles: [...files.values()],
    checks,
    notExercised,
    appOutput,
  };
}

/** The changes with the values of other variables hidden. */
function masked(changes: readonly FileChange[], { variable, deployments }: RehearsalPlan): FileChange[] {
  const names = deployments.flatMap(({ properties }) => [...properties.keys()]);
  const mask = (text: string | null) => (text === null ? null : maskEnvironment(text, variable, names));
  return changes.map(({ path, before, after }) => ({ path, before: mask(before), after: mask(after) }));
}

/** The text of an environment file with every value hidden but the variable's own. A line that assigns to no known name
 * may be a part of a value that spans lines, and is hidden whole: a key in base32 looks like a name.
 * @param names the names of variables that may be shown */
export function maskEnvironment(text: string, variable: string | null, names: readonly string[]): string {
  return text.replace(/^.+$/gm, (line) => {
    if (line.startsWith('#')) return line;
    const name = /^\s*(?:export\s+)?([^\s=]+)\s*=/.exec(line)?.[1];
    if (name !== undefined && name === variable) return line;
    return name !== undefined && names.includes(name) ? `${name}=(hidden)` : '(hidden)';
  });
}

/** What is emulated, in a line. */
export function renderPlan(plan: RehearsalPlan, style: Style): string {
  const commands = plan.deployments.map(({ command }) => command).join(', ');
  const metadata = plan.metadata === 'up' ? '' : `, metadata service ${plan.metadata}`;
  const proxy = plan.app !== null && plan.nginx !== null ? ', behind nginx' : '';
  const about = `platform ${plan.platform}${proxy}${metadata}; ${commands}`;
  return `${style('bold', 'emulated instance')}: ${about}\n`;
}

/** One step as it happens: what ran, what it said, which line of the environment it changed. The engine's own steps are
 * told where they fail. */
export function renderStep(step: Step, plan: RehearsalPlan, style: Style): string {
  const { command, phase, hook, output, changed, ran, ok, status, note } = step;
  if (hook === null && ok) return '';
  let outcome = style('green', 'ok');
  if (!ran) outcome = style('dim', 'not run: no app is up');
  else if (!ok) outcome = style('red', status === null ? 'failed' : `failed with status ${status}`);
  const lines = [[`${command} ${phase}`, hook, outcome, note].filter(Boolean).join('  ')];
  if (phase === 'start') lines.push(...renderLog(output, style));
  else if (output !== '') lines.push(...indent(output.trimEnd()));
  for (const { path, before, after } of masked(changed, plan)) {
    const [old, fresh] = [linesOf(before), linesOf(after)];
    const name = `    ${posix.basename(path)}: `;
    const removed = old.filter((line) => !fresh.includes(line)).map((line) => style('red', `- ${line}`));
    const added = fresh.filter((line) => !old.includes(line)).map((line) => style('green', `+ ${line}`));
    lines.push(...[...removed, ...added].map((line) => name + line));
  }
  return `${lines.join('\n')}\n`;
}

function linesOf(text: string | null): string[] {
  return (text ?? '').split('\n').filter((line) => line !== '');
}

function indent(text: string): string[] {
  return text.split('\n').map((line) => `    ${line}`);
}

/** The table of who asked what, what was not shown, and the outcome in a line.
 * @param proposal what shows the rest where no app was asked */
export function renderConclusion(
  rehearsal: Rehearsal,
  plan: RehearsalPlan,
  proposal: string,
  style: Style,
  env: Io['env'],
): string {
  const { checks, notExercised, passed } = rehearsal;
  const lines = checks.length === 0 ? [] : renderChecks(checks, style, env);
  const started = rehearsal.steps.findLast(({ phase }) => phase === 'start')?.ok !== false;
  const broken = checks.some(({ status, host }) => host !== '' && (status === null || status >= 500));
  if (broken && started) lines.push(...renderLog(rehearsal.appOutput ?? '', style));
  lines.push(...notExercised.flatMap((what) => wrap(`not exercised: ${what}`, 80)));
  const outcome = wrap(conclude(rehearsal, plan, started), 80).join('\n');
  lines.push(style(passed ? 'green' : 'red', outcome));
  if (plan.app === null && rehearsal.reached) {
    lines.push(...wrap(asTyped(`not shown: whether the app reads it. That shows: ${proposal}`, env), 80));
  }
  return `${lines.join('\n')}\n`;
}

function conclude(rehearsal: Rehearsal, plan: RehearsalPlan, started: boolean): string {
  const { checks, trouble, reached, wildcard, address, passed, notExercised } = rehearsal;
  const name = plan.variable ?? "the app's environment";
  const asIs = plan.variable === null ? '' : " in the app's environment";
  if (hookFailed(rehearsal.steps)) return 'the deployment fails';
  if (!started) return 'the app did not start';
  if (trouble !== null) return `the address does not reach the app: ${trouble}`;
  if (checks.length === 0) {
    if (wildcard) return `shown: ${name} holds *${asIs}, which admits every host`;
    return reached
      ? `shown: ${name} holds ${address}${asIs}`
      : `the address did not reach the app: ${name} does not hold ${address}`;
  }
  const decisive = decisiveChecks(checks);
  if (decisive[0]?.ok !== true) {
    return `the health check would fail${reached ? '' : `: ${name} does not hold ${address}`}`;
  }
  if (decisive.some(({ ok, asker }) => !ok && asker === 'your site')) {
    return 'the health check would pass, but your own site is refused';
  }
  if (!passed) return 'the health check would pass, though no generated hook ran';
  if (notExercised.length > 0) return 'the app passes the health check; the proxy before it was not asked';
  return `the health check would pass${wildcard ? ` (${name} holds *, which admits every host)` : ''}`;
}

/** The end of what a broken app printed: that is where the reason stands. */
function renderLog(output: string, style: Style): string[] {
  if (output.trim() === '') return [];
  const end = output.trimEnd().split('\n').slice(-12).join('\n');
  return [style('bold', 'the app printed last'), ...indent(end)];
}

/** Each answer that decides with its verdict; where nginx changes the app's own status, both. */
function renderChecks(checks: readonly SiteCheck[], style: Style, env: Io['env']): string[] {
  const shown = decisiveChecks(checks);
  const answers = shown.map((check, index) => {
    if (check.host === '') return '';
    // Both were asked in the same order.
    const own = String(checks[index]?.status ?? 'none');
    const decisive = String(check.status ?? 'none');
    return own === decisive ? own : `${own} / ${decisive}`;
  });
  const hostWidth = Math.min(34, Math.max(...shown.map(({ host }) => host.length)));
  const answerWidth = Math.max(6, ...answers.map(({ length }) => length));
  const row = (asker: string, host: string, answer: string) =>
    `${asker.padEnd(13)}  ${host.slice(0, hostWidth).padEnd(hostWidth)}  ${answer.padEnd(answerWidth)}  `;
  const lines = shown.flatMap((check, index) => {
    const colour = check.ok ? 'green' : check.asker === 'foreign host' ? 'yellow' : 'red';
    const [word = '', details = ''] = check.verdict.split(/: (.*)/s);
    const { changedBy, fix } = check;
    const place = changedBy === null ? '' : `; ${changedBy.file}:${changedBy.line} changes it`;
    return [
      row(check.asker, check.host, answers[index] ?? '') + style(colour, word),
      ...wrap(`${details}${place}`, 80, '  '),
      ...(fix === null ? [] : wrap(`fix: ${asTyped(fix, env)}`, 80, '  ')),
    ];
  });
  const differs = answers.some((answer) => answer.includes('/'));
  const head = style('bold', `${row('who asks', 'Host', 'answer')}verdict`);
  return [...(differs ? ['answers: of the app / through nginx'] : []), head, ...lines];
}
