import type { HostsSetting } from '../project.ts';
import type { Block, Expression, Statement } from '../python/ast.ts';
import { parsePython } from '../python/parse.ts';
import { begin, end } from './patch-marks.ts';
import { classesIn, importsConfigurations, isConfiguration } from './settings-classes.ts';
import { pythonAssignment, type SnippetChoices } from './settings-snippet.ts';

const setting = 'ALLOWED_HOSTS';

/** The patched text (the same text where nothing is to be done), or why there is none. */
export type PatchResult = { readonly text: string } | { readonly reason: string };

/**
 * Wires a settings module to the variable: adds a marked block below the last top-level statement that makes the list, and keeps every
 * other byte. A block of an earlier run is renewed in its place.
 * @param text the module `setting.file` names, without a byte order mark */
export function patchSettings(
  text: string,
  { variable, separator, line, source }: HostsSetting,
  choices: SnippetChoices,
): PatchResult {
  const original = unpatchSettings(text);
  const patched = original !== text;
  if (!patched && source === 'wildcard')
    return { reason: "the list already admits every host: it holds '*'" };
  if (!patched && variable === choices.variable && separator === choices.separator) {
    return { reason: `the module already reads ${variable}` };
  }
  const module = parsePython(original);
  if (module.errorAt !== null) return { reason: 'the module does not parse as Python' };
  const place = findPlace(original, module.body, patched ? blockOffset(text) : offsetOf(text, line));
  if ('reason' in place) return place;
  if (place.isPutOff)
    return { reason: `${setting} is a value of django-configurations, and no list yet where it stands` };
  const result = insert(original, place, choices);
  if (parsePython(result).errorAt !== null) return { reason: 'the module would not parse any more' };
  return { text: result };
}

/** Takes out what `patchSettings` put in; a text without a block is returned as it is. */
export function unpatchSettings(text: string): string {
  let result = text;
  for (let from = blockStart(result); from !== -1; from = blockStart(result)) {
    const marker = new RegExp(`^[ \\t]*${end}[ \\t]*$`, 'm').exec(result.slice(from).replace(/\r/g, ' '));
    if (marker === null) return result;
    const to = from + marker.index + marker[0].trimEnd().length;
    const after = /^[ \t]*(\r\n|\n)/.exec(result.slice(to))?.[0];
    // Without a line end after the block there was none before it either: the one above is ours.
    const start = after === undefined ? result.slice(0, from).replace(/\r?\n$/, '').length : from;
    result = result.slice(0, start) + result.slice(to + (after?.length ?? 0));
  }
  return result;
}

function blockStart(text: string): number {
  return new RegExp(`^[ \\t]*${begin}(?![\\w-])`, 'm').exec(text)?.index ?? -1;
}

interface Place {
  /** Where the block's first line begins: after a line end, or at the very end of the text. */
  readonly at: number;
  readonly indent: string;
  /** Whether the list certainly exists there. */
  readonly bound: boolean;
  /** django-configurations makes the list only after the class is made. */
  readonly isPutOff: boolean;
}

/** Below the last statement that touches the list: in the class whose body holds `offset`, else at module level. */
function findPlace(text: string, body: Block, offset: number | null): Place | { reason: string } {
  const owner = body.find(
    (statement) =>
      statement.type === 'class' && offset !== null && statement.from <= offset && offset < statement.to,
  );
  const isOwned = owner?.type === 'class' && owner.body.some(touches) && isConfiguration(owner, text, body);
  const block = isOwned ? owner.body : body;
  const last = block.findLastIndex((statement) => touches(statement));
  const statement = block[last];
  if (statement === undefined) return placeOfNoList(text, body);
  const lineStart = text.lastIndexOf('\n', statement.from - 1) + 1;
  const indent = block === body ? '' : text.slice(lineStart, statement.from);
  if (indent.trim() !== '') return { reason: `${setting} stands on the line of its class's head` };
  const bound = block.some(
    (one) => one.type === 'assign' && one.value !== null && one.targets.some(isSetting),
  );
  const isPutOff = statement.type === 'assign' && block !== body && isPutOffValue(statement.value);
  return { at: endOfLine(text, block, last), indent, bound, isPutOff };
}

/** What a class makes of the list at module level is not seen: it has one of its own, or takes none from the module. */
function placeOfNoList(text: string, body: Block): Place | { reason: string } {
  const classes = classesIn(body);
  if (classes.some((one) => one.body.some(declares) && !isConfiguration(one, text, body)))
    return { reason: `${setting} is an attribute of a class that is not one of django-configurations` };
  if (classes.length > 0 && importsConfigurations(text))
    return {
      reason: `the settings are a class of django-configurations that does not make ${setting} itself`,
    };
  if (isSettingsModule(text)) return endOfModule(text);
  return { reason: `no statement at module level makes ${setting}` };
}

/** Whether a statement of a class makes the list an attribute, if only by a bare annotation. */
function declares(statement: Statement): boolean {
  return touches(statement) || (statement.type === 'assign' && statement.targets.some(isSetting));
}

/** `values.ListValue(…)` and the like. */
function isPutOffValue(value: Expression | null): boolean {
  if (value?.type !== 'call') return false;
  const { callee } = value;
  return (callee.type === 'attribute' || callee.type === 'name') && /Value$/.test(callee.name);
}

/** Whether a module without a list is one of Django's settings all the same, and not another framework's app. */
function isSettingsModule(text: string): boolean {
  return /^\s*(INSTALLED_APPS|MIDDLEWARE(_CLASSES)?|ROOT_URLCONF|DEBUG|SECRET_KEY)\b|^from\s+[\w.]+\s+import\s*\*/m.test(
    text,
  );
}

/** A module that only inherits its list, or has none: the block goes below its last line. */
function endOfModule(text: string): Place {
  const lineEnd = text.indexOf('\n', text.trimEnd().length);
  return { at: lineEnd === -1 ? text.length : lineEnd + 1, indent: '', bound: false, isPutOff: false };
}

/** The end of the physical line on which a statement ends; statements that follow on it by `;` are passed over. */
function endOfLine(text: string, block: Block, index: number): number {
  let last = index;
  let position = contentEnd(text, block[last]);
  for (;;) {
    const lineEnd = text.indexOf('\n', position);
    const next = block[last + 1];
    if (lineEnd === -1) return text.length;
    if (next === undefined || next.from > lineEnd) return lineEnd + 1;
    last += 1;
    position = contentEnd(text, next);
  }
}

/** A statement's end without the line ends that a compound one takes in. */
function contentEnd(text: string, statement: Statement | undefined): number {
  if (statement === undefined) return text.length;
  return statement.from + text.slice(statement.from, statement.to).trimEnd().length;
}

function insert(text: string, { at, indent, bound }: Place, choices: SnippetChoices): string {
  const before = text.slice(0, at);
  const endsLine = before === '' || before.endsWith('\n');
  const eol = (endsLine ? before.endsWith('\r\n') : text.includes('\r\n')) ? '\r\n' : '\n';
  const names = { environ: '_eb_hosts_environ', loads: '_eb_hosts_loads' };
  const own = bound ? setting : `globals().get("${setting}", [])`;
  const lines = [
    `${begin} (hosts from ${choices.variable}, such as this instance's own address; 'eb-hosts remove' takes this out)`,
    `from os import environ as ${names.environ}`,
    ...(choices.separator === 'json' ? [`from json import loads as ${names.loads}`] : []),
    ...pythonAssignment(setting, own, choices, names),
    end,
  ];
  const block = lines.map((line) => `${indent}${line}`).join(eol);
  return endsLine ? `${before}${block}${eol}${text.slice(at)}` : `${before}${eol}${block}`;
}

/** An offset in the class that holds the block of an earlier run; null for a block at module level. */
function blockOffset(text: string): number | null {
  const start = blockStart(text);
  return /^[ \t]/.test(text.slice(start)) ? text.slice(0, start).trimEnd().length - 1 : null;
}

function offsetOf(text: string, line: number): number {
  let offset = 0;
  for (let at = 1; at < line; at += 1) {
    const next = text.indexOf('\n', offset);
    if (next === -1) return offset;
    offset = next + 1;
  }
  return offset + (/^[ \t]*/.exec(text.slice(offset))?.[0].length ?? 0);
}

/** Whether a statement binds or changes the list, at any depth but inside another class or function. */
function touches(statement: Statement): boolean {
  const some = (...blocks: Block[]) => blocks.some((block) => block.some(touches));
  switch (statement.type) {
    case 'assign':
      return statement.value !== null && statement.targets.some(isSetting);
    case 'update':
      return isSetting(statement.target);
    case 'delete':
      return statement.targets.some(isSetting);
    case 'expression':
      return changesSetting(statement.value);
    case 'if':
      return some(...statement.branches.map((branch) => branch.body), statement.otherwise);
    case 'for':
      return some(statement.body, statement.otherwise);
    case 'while':
    case 'with':
      return some(statement.body);
    case 'try':
      return some(
        statement.body,
        ...statement.handlers.map((handler) => handler.body),
        statement.otherwise,
        statement.finish,
      );
    default:
      return false;
  }
}

function isSetting(target: Expression): boolean {
  if (target.type === 'name') return target.name === setting;
  if (target.type === 'sequence') return target.items.some((item) => isSetting(item.value));
  return target.type === 'subscript' && isSetting(target.object);
}

/** `ALLOWED_HOSTS.append(…)` and the like. */
function changesSetting(value: Expression): boolean {
  return value.type === 'call' && value.callee.type === 'attribute' && isSetting(value.callee.object);
}
