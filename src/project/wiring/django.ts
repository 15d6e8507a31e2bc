import type { SyntaxNode } from '@lezer/common';
import type { HostsSetting } from '../project.ts';
import { parseTree } from '../python/parse.ts';
import { pythonHosts, type WiredVariable, type Wiring } from './code.ts';

const setting = 'ALLOWED_HOSTS';
const begin = '# eb-hosts: begin';
const end = '# eb-hosts: end';

/** Whether a settings module holds lines of ours. */
export function isPatched(text: string): boolean {
  return text.includes(begin);
}

/**
 * Adds a marked block below the last statement that makes or changes ALLOWED_HOSTS, and keeps every other byte. A block of an earlier run is
 * replaced.
 */
export function wireDjango(text: string, { file, line }: HostsSetting, variable: WiredVariable): Wiring {
  if (!file.endsWith('.py')) return { after: null, reason: `the list does not stand in a module of Python` };
  const original = unpatchSettings(text);
  const place = findPlace(original, line);
  if (typeof place === 'string') return { after: null, reason: place };
  return { after: insert(original, place, variable), reason: place.unsafe, isText: place.isText };
}

/** Takes out what `wireDjango` put in; a text without a block is returned as it is. */
export function unpatchSettings(text: string): string {
  const start = new RegExp(`^[ \\t]*${begin}(?![\\w-])`, 'm').exec(text)?.index;
  if (start === undefined) return text;
  const stop = new RegExp(`^[ \\t]*${end}[ \\t]*(\\r?\\n|$(?![\\s\\S]))`, 'm').exec(text.slice(start));
  if (stop === null) return text;
  // Without a line end after the block there was none before it either: the one above is ours.
  const before = stop[1] === '' ? text.slice(0, start).replace(/\r?\n$/, '') : text.slice(0, start);
  return unpatchSettings(before + text.slice(start + stop.index + stop[0].length));
}

interface Place {
  /** Where the block's first line begins: behind a line end, or at the end of the text. */
  readonly at: number;
  readonly indent: string;
  /** Whether the name certainly exists there. */
  readonly bound: boolean;
  /** Whether it is certainly a list or a tuple. */
  readonly list: boolean;
  /** Whether it is certainly a text. */
  readonly isText: boolean;
  readonly unsafe: string | null;
}

function findPlace(text: string, line: number): Place | string {
  const { statements, errorAt } = parseTree(text);
  if (errorAt !== null) return 'the module does not parse as Python';
  const source = (node: SyntaxNode) => text.slice(node.from, node.to);
  const last = statements.findLast((statement) => touches(statement, source));
  if (last !== undefined) return { ...describePlace(text, statements, last), indent: '', unsafe: null };
  const owner = statements
    .map((node) => (node.name === 'DecoratedStatement' ? (node.lastChild ?? node) : node))
    .find((node) => node.name === 'ClassDefinition' && declares(node, source));
  if (owner !== undefined) return findPlaceInClass(text, owner, line);
  if (/^\s*(?:from|import)\s+configurations\b/m.test(text))
    return 'the settings are a class of django-configurations that does not make the list itself';
  const lineEnd = text.indexOf('\n', text.trimEnd().length);
  return {
    at: lineEnd === -1 ? text.length : lineEnd + 1,
    indent: '',
    bound: false,
    list: true,
    isText: false,
    unsafe: null,
  };
}

/** In a class of django-configurations, whose attributes are the settings. Other classes make something else of theirs. */
function findPlaceInClass(text: string, owner: SyntaxNode, line: number): Place | string {
  const source = (node: SyntaxNode) => text.slice(node.from, node.to);
  const name = source(owner.getChild('VariableName') ?? owner);
  const lines = [owner.from, owner.to].map((at) => text.slice(0, at).split('\n').length);
  const isConfiguration =
    /^\s*(?:from|import)\s+configurations\b/m.test(text) &&
    !/\bBase(?:Settings|Model)\b/.test(text) &&
    owner.parent?.name !== 'DecoratedStatement';
  const within = line >= (lines[0] ?? 0) && line <= (lines[1] ?? 0);
  const body = childrenOf(owner.getChild('Body') ?? owner);
  const last = body.findLast((statement) => touches(statement, source));
  if (!isConfiguration || !within || last === undefined)
    return `the list is an attribute of the class ${name}`;
  const indent = text.slice(text.lastIndexOf('\n', last.from - 1) + 1, last.from);
  const place = describePlace(text, body, last);
  if (indent.trim() !== '' || !place.bound || !place.list)
    return `the list is an attribute of the class ${name}, and no plain list where it stands`;
  return { ...place, indent, unsafe: `the list is an attribute of the class ${name}` };
}

function describePlace(
  text: string,
  statements: readonly SyntaxNode[],
  last: SyntaxNode,
): Pick<Place, 'at' | 'bound' | 'list' | 'isText'> {
  const source = (node: SyntaxNode) => text.slice(node.from, node.to);
  const simple = statements.flatMap((node) => (node.name === 'StatementGroup' ? childrenOf(node) : [node]));
  const binding = simple.findLastIndex((node) => bound(node, source));
  const later = simple.slice(Math.max(binding, 0)).filter((node) => touches(node, source));
  const lineEnd = text.indexOf('\n', last.from + source(last).trimEnd().length);
  return {
    at: lineEnd === -1 ? text.length : lineEnd + 1,
    bound: binding !== -1,
    list: later.every((node) => keepsList(node, source)),
    isText: later.length === 1 && isText(later[0], source),
  };
}

type Source = (node: SyntaxNode) => string;

const named = new RegExp(`\\b${setting}\\b`);

/** Whether a statement binds or changes the list, or may do so unseen; at any depth but inside a class or a function. */
function touches(node: SyntaxNode, source: Source): boolean {
  switch (node.name) {
    case 'ClassDefinition':
    case 'FunctionDefinition':
    case 'DecoratedStatement':
      return false;
    case 'AssignStatement':
      return named.test(targetsOf(node, source));
    case 'UpdateStatement':
      return node.firstChild !== null && named.test(source(node.firstChild));
    case 'ExpressionStatement':
      return named.test(source(node)) || /\b(?:globals|locals|vars|exec|include)\(/.test(source(node));
    case 'ImportStatement':
      return named.test(source(node)) || /\bimport\s+\*/.test(source(node));
    case 'DeleteStatement':
      return named.test(source(node));
    default:
      return childrenOf(node).some((child) => touches(child, source));
  }
}

/** What stands before the last `=` of an assignment; nothing for an annotation without a value. */
function targetsOf(node: SyntaxNode, source: Source): string {
  const operator = childrenOf(node).findLast((child) => child.name === 'AssignOp');
  return operator === undefined ? '' : source(node).slice(0, operator.from - node.from);
}

/** Whether the name exists after a statement, whatever happened before. */
function bound(node: SyntaxNode, source: Source): boolean {
  if (node.name === 'ImportStatement') return named.test(source(node));
  return (
    node.name === 'AssignStatement' &&
    new RegExp(`\\b${setting}\\s*(?:[:=,)]|$)`).test(targetsOf(node, source))
  );
}

/** Whether all that a statement binds to the name is a list or a tuple. */
function keepsList(node: SyntaxNode, source: Source): boolean {
  switch (node.name) {
    case 'AssignStatement': {
      const children = childrenOf(node);
      const value = children.slice(children.findLastIndex((child) => child.name === 'AssignOp') + 1);
      return (
        (value.length > 1 && value[1]?.name === ',') || (value[0] !== undefined && isList(value[0], source))
      );
    }
    case 'UpdateStatement':
      return true;
    case 'ExpressionStatement':
      return new RegExp(`^${setting}\\.(?:append|extend|insert|remove)\\(`).test(source(node));
    case 'ImportStatement':
    case 'DeleteStatement':
      return false;
    default:
      return childrenOf(node).every((child) => !touches(child, source) || keepsList(child, source));
  }
}

function isList(node: SyntaxNode, source: Source): boolean {
  const children = childrenOf(node);
  switch (node.name) {
    case 'ArrayExpression':
    case 'ArrayComprehensionExpression':
    case 'TupleExpression':
      return true;
    case 'ParenthesizedExpression':
      return children[1] !== undefined && isList(children[1], source);
    case 'BinaryExpression': {
      const sides = [children[0], children[2]].map((side) => side !== undefined && isList(side, source));
      const operator = children[1] === undefined ? '' : source(children[1]);
      return operator === '+' ? sides.includes(true) : operator === 'or' && !sides.includes(false);
    }
    case 'ConditionalExpression':
      return [children[0], children[4]].every((side) => side !== undefined && isList(side, source));
    case 'CallExpression':
      return /^(?:list|tuple|sorted)\(|\.split\([^()]*\)$/.test(source(node));
    default:
      return false;
  }
}

/** Whether a statement assigns a literal text, or that of a variable of the environment. */
function isText(node: SyntaxNode | undefined, source: Source): boolean {
  const value =
    node?.name === 'AssignStatement' ? source(node).slice(targetsOf(node, source).length + 1) : '';
  return /^\s*\(?\s*(?:["'][^"']*["']|(?:os\.)?(?:environ\.get|getenv)\([^()]*\)|os\.environ\[[^[\]]*\])(?:\s*or\s*["'][^"']*["'])?\s*\)?\s*$/.test(
    value,
  );
}

/** Whether a class makes the list an attribute, if only by a bare annotation. */
function declares(owner: SyntaxNode, source: Source): boolean {
  const body = owner.getChild('Body');
  return body !== null && new RegExp(`^\\s*${setting}\\b`, 'm').test(source(body));
}

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (child.name !== 'Comment') children.push(child);
  }
  return children;
}

function insert(text: string, { at, indent, bound, list }: Place, variable: WiredVariable): string {
  const before = text.slice(0, at);
  const endsLine = before === '' || before.endsWith('\n');
  const eol = (endsLine ? before.endsWith('\r\n') : text.includes('\r\n')) ? '\r\n' : '\n';
  const own = list ? setting : `(${setting}.split(",") if isinstance(${setting}, str) else ${setting} or [])`;
  const hosts = pythonHosts(variable, '_eb_hosts_environ', '_eb_hosts_loads');
  const lines = [
    `${begin} (adds this instance's own address; 'npx eb-hosts remove' takes this out)`,
    'from os import environ as _eb_hosts_environ',
    ...(variable.separator === 'json' ? ['from json import loads as _eb_hosts_loads'] : []),
    ...(bound ? [] : [`${setting} = globals().get("${setting}", [])`]),
    `${setting} = [*${own}, *${hosts}]`,
    end,
  ];
  const block = lines.map((line) => indent + line).join(eol);
  return endsLine ? `${before}${block}${eol}${text.slice(at)}` : `${before}${eol}${block}`;
}
