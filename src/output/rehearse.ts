import { posix } from 'node:path';
import { places } from '../instance/emulated-instance.ts';
import type { FileChange, Step } from '../instance/engine.ts';
import type { Rehearsal, RehearsalPlan } from '../instance/rehearsal.ts';
import type { SiteCheck } from '../instance/site-checks.ts';
import type { Io } from '../io.ts';
import { maskEnvironment, type Visible } from './masked.ts';
import { asTyped, type Style, wrap } from './text.ts';

/** The JSON document of `rehearse`; part of the contract. */
export function rehearsalJson(rehearsal: Rehearsal, plan: RehearsalPlan): unknown {
  const { steps, address, environment, reached, checks, notExercised, trouble } = rehearsal;
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
    notExercised,
    appOutput: rehearsal.appOutput,
  };
}

/** The environment files that hooks changed, as they were before the first and after the last of them. Values of other
 * variables are hidden. */
function environmentFiles(steps: readonly Step[], shown: Visible): FileChange[] {
  const files = new Map<string, FileChange>();
  for (const change of steps.filter(({ hook }) => hook !== null).flatMap(({ changed }) => changed)) {
    const first = files.get(change.path) ?? change;
    files.set(change.path, { ...change, before: first.before });
  }
  return [...files.values()].map((file) => visible(file, shown));
}

function visible(file: FileChange, shown: Visible): FileChange {
  const mask = (text: string | null) => (text === null ? null : maskEnvironment(text, shown));
  return { path: file.path, before: mask(file.before), after: mask(file.after) };
}

function visibleOf({ variable, deployments }: RehearsalPlan): Visible {
  return { variable, names: deployments.flatMap(({ properties }) => [...properties.keys()]) };
}

/** What is emulated, in a line.
 * @param volumes what of the person's own the containers use */
export function renderPlan(plan: RehearsalPlan, volumes: readonly string[], style: Style): string {
  const commands = plan.deployments.map(({ command }) => command).join(', ');
  const metadata = plan.metadata === 'up' ? '' : `, metadata service ${plan.metadata}`;
  const proxy = plan.app !== null && plan.proxy?.program ? ', behind nginx' : '';
  const about = `platform ${plan.platform}${proxy}${metadata}; ${commands}`;
  const lines = [`${style('bold', 'emulated instance')}: ${about}`];
  if (plan.app === 'docker') {
    lines.push('  its containers are built, which may use the network, and removed in the end');
    if (volumes.length > 0)
      lines.push(...wrap(`they use, and leave as they are: ${volumes.join(', ')}`, 80, '  '));
  }
  return `${lines.join('\n')}\n`;
}

/** One step as it happens: what ran, what it said, which line of the environment it changed. The engine's own steps are
 * told where they fail or say something. */
export function renderStep(step: Step, plan: RehearsalPlan, style: Style): string {
  const { command, phase, hook, output, changed, ran, ok, status, note } = step;
  if (hook === null && ok && note === null) return '';
  let outcome = ok && hook !== null ? style('green', 'ok') : '';
  if (!ran) {
    const waits = hook !== null && plan.verifiers.includes(hook);
    outcome = style('dim', `not run: ${waits ? 'no app is up' : 'not made by eb-hosts (--all-hooks)'}`);
  } else if (!ok) outcome = style('red', status === null ? 'failed' : `failed with status ${status}`);
  const lines = [[`${command} ${phase}`, hook, outcome, note].filter(Boolean).join('  ')];
  if (phase === 'start') lines.push(...renderLog(output, style));
  else if (output !== '') lines.push(...indent(output.trimEnd()));
  if (hook !== null)
    for (const change of changed) lines.push(...renderChange(change, visibleOf(plan), style));
  return `${lines.join('\n')}\n`;
}

function renderChange(file: FileChange, shown: Visible, style: Style): string[] {
  const { path, before, after } = visible(file, shown);
  const name = posix.basename(path);
  const linesOf = (text: string | null) => (text ?? '').split('\n').filter((line) => line !== '');
  const old = linesOf(before).filter((line) => !linesOf(after).includes(line));
  const fresh = linesOf(after).filter((line) => !linesOf(before).includes(line));
  return [
    ...old.map((line) => `    ${name}: ${style('red', `- ${line}`)}`),
    ...fresh.map((line) => `    ${name}: ${style('green', `+ ${line}`)}`),
  ];
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
  const { checks, notExercised, passed, environment } = rehearsal;
  const lines = checks.length === 0 ? [] : renderChecks(checks, style, env);
  const started = rehearsal.steps.findLast(({ phase }) => phase === 'start');
  const broken = checks.some(({ status, host }) => host !== '' && (status === null || status >= 500));
  if (broken && started?.ok !== false) lines.push(...renderLog(rehearsal.appOutput ?? '', style));
  lines.push(...notExercised.flatMap((what) => wrap(`not exercised: ${what}`, 80)));
  if (environment?.listFromFile) {
    lines.push(`(the app must read ${places.hostsList} itself; here its line was put into the environment)`);
  }
  const [first = '', ...rest] = wrap(conclude(rehearsal, plan, started?.ok !== false), 80);
  lines.push(style(passed ? 'green' : 'red', [first, ...rest].join('\n')));
  if (plan.app === null && rehearsal.reached) {
    lines.push(...wrap(asTyped(`not shown: whether the app reads it. That shows: ${proposal}`, env), 80));
  }
  return `${lines.join('\n')}\n`;
}

function conclude(rehearsal: Rehearsal, plan: RehearsalPlan, started: boolean): string {
  const { checks, deployed, trouble, reached, wildcard, address, passed, notExercised } = rehearsal;
  const name = plan.variable ?? "the app's environment";
  const asIs = plan.variable === null ? '' : " in the app's environment";
  if (!deployed) return 'the deployment fails';
  if (!started) return 'the app did not start';
  if (trouble !== null) return `the address does not reach the app: ${trouble}`;
  if (checks.length === 0) {
    if (wildcard) return `shown: ${name} holds *${asIs}, which admits every host`;
    return reached
      ? `shown: ${name} holds ${address}${asIs}`
      : `the address did not reach the app: ${name} does not hold ${address}`;
  }
  const decisive = checks.filter(({ via }) => via === checks.at(-1)?.via);
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
  return [
    style('bold', 'the app printed last'),
    ...indent(output.trimEnd().split('\n').slice(-12).join('\n')),
  ];
}

function renderChecks(checks: readonly SiteCheck[], style: Style, env: Io['env']): string[] {
  const last = checks.at(-1)?.via;
  const shown = checks.filter(({ via }) => via === last);
  const statusOf = ({ status, host }: SiteCheck) => (host === '' ? '' : String(status ?? 'none'));
  const answerOf = (check: SiteCheck) => {
    const direct = checks.find(
      ({ asker, host, via }) => via === 'app' && asker === check.asker && host === check.host,
    );
    const own = direct === undefined ? statusOf(check) : statusOf(direct);
    return own === statusOf(check) ? own : `${own} / ${statusOf(check)}`;
  };
  const width = Math.min(34, Math.max(...shown.map(({ host }) => host.length)));
  const answers = shown.map(answerOf);
  const differs = answers.some((answer) => answer.includes('/'));
  const wide = Math.max(6, ...answers.map(({ length }) => length));
  const row = (asker: string, host: string, answer: string) =>
    `${asker.padEnd(13)}  ${host.slice(0, width).padEnd(width)}  ${answer.padEnd(wide)}  `;
  const lines = shown.flatMap((check, index) => {
    const colour = check.ok ? 'green' : check.asker === 'foreign host' ? 'yellow' : 'red';
    const [word = '', ...more] = check.verdict.split(/: (.*)/s);
    const place =
      check.changedBy === null ? '' : `; ${check.changedBy.file}:${check.changedBy.line} changes it`;
    const details = `${more.join('')}${place}`;
    return [
      row(check.asker, check.host, answers[index] ?? '') + style(colour, word),
      ...wrap(details, 80, '  '),
      ...(check.fix === null ? [] : wrap(`fix: ${asTyped(check.fix, env)}`, 80, '  ')),
    ];
  });
  const head = style('bold', `${row('who asks', 'Host', 'answer')}verdict`);
  return [...(differs ? ['answers: of the app / through nginx'] : []), head, ...lines];
}
