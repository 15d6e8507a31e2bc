import { describe, expect, it } from 'vitest';
import { passModule, readProgram, settle } from '../../src/project/python/program.ts';
import { isObject } from '../../src/project/python/value.ts';
import { askPython, pythonWith } from '../support/python.ts';
import { snapshotOf } from '../support/snapshot.ts';

const variables = ['HOSTS', 'ALLOWED_HOSTS', 'MORE'];
const environments: readonly Readonly<Record<string, string>>[] = [
  {},
  { HOSTS: 'a.com,b.com' },
  { ALLOWED_HOSTS: 'q.com' },
  { HOSTS: 'x.com, y.com', ALLOWED_HOSTS: 'b.com', MORE: 'm.com,,n.com' },
];

const helpers = `import os
def read(name, default="d.com"):
    try:
        return os.environ[name]
    except KeyError:
        return default
def first(text):
    for name in ("MORE", "HOSTS"):
        value = os.environ.get(name)
        if value:
            return value.split(",")
    return ["e.com"] if text == "" else text.split(";")
L = []
H = ""
`;

/** Programs of the statements that settings are made of, in any order and nesting; the same for the same seed. */
function makeProgram(seed: number): string {
  let state = seed;
  const upTo = (count: number) => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return (state >> 8) % count;
  };
  const one = (...ways: readonly (() => string)[]): string => ways[upTo(ways.length)]?.() ?? '';
  const name = () => variables[upTo(variables.length)] ?? '';
  const text = (depth: number): string =>
    one(
      () => `os.environ.get("${name()}", "a.com,b.com")`,
      () => `os.environ["${name()}"]`,
      () => `(os.getenv("${name()}") or "z.com")`,
      () => (depth > 0 ? `os.environ.get("${name()}", ${text(depth - 1)})` : 'H'),
      () => `read("${name()}").strip()`,
    );
  const list = (depth: number): string =>
    one(
      () => `${text(1)}.split(",")`,
      () => `[h.strip() for h in ${text(1)}.split(",") if h]`,
      () => (depth > 0 ? `(${list(depth - 1)} or ${list(depth - 1)})` : '["x.com"]'),
      () => (depth > 0 ? `(${list(depth - 1)} if ${test()} else ${list(depth - 1)})` : 'list(L)'),
      () => `[*${text(0)}.split(), "s.com"]`,
      () => `first(${text(0)})`,
    );
  const test = (): string =>
    one(
      () => `"${name()}" in os.environ`,
      () => `not ${text(0)}`,
      () => '"," in H',
      () => 'not H or "x.com" in L',
      () => 'len(L) > 1',
    );
  const block = (indent: string, depth: number): string =>
    Array.from({ length: 1 + upTo(2) }, () => statement(indent, depth)).join('\n');
  const statement = (indent: string, depth: number): string => {
    const inner = () => block(`${indent}    `, depth - 1);
    return one(
      () => `${indent}L = ${list(1)}`,
      () => `${indent}L += ${list(0)}`,
      () => `${indent}L.append(${text(0)})`,
      () => `${indent}H = ${text(1)}`,
      () => `${indent}H = "q.com"`,
      () => (depth > 0 ? `${indent}if ${test()}:\n${inner()}\n${indent}else:\n${inner()}` : `${indent}pass`),
      () =>
        depth > 0 ? `${indent}try:\n${inner()}\n${indent}except KeyError:\n${inner()}` : `${indent}pass`,
      () =>
        `${indent}for x in ${list(0)}:\n${indent}    if ${one(
          () => 'not x',
          () => 'x in L',
          test,
        )}:\n${indent}        ${one(
          () => 'continue',
          () => 'break',
          () => 'L.append("t.com")',
        )}\n${indent}    L.append(x)`,
    );
  };
  return `${helpers}${Array.from({ length: 2 + upTo(5) }, () => statement('', 2)).join('\n')}\n`;
}

const python = pythonWith();

/** What each program leaves in L under each environment; null where it raises. */
const script = `
import json, os, sys
answers = []
for text, environments in json.load(sys.stdin):
    answers.append([])
    for environment in environments:
        os.environ.clear()
        os.environ.update(environment)
        names = {}
        try:
            exec(compile(text, "settings.py", "exec"), names)
            answers[-1].append(names["L"])
        except Exception:
            answers[-1].append(None)
json.dump(answers, sys.stdout)
`;

describe.skipIf(python === undefined)('one symbolic pass and real Python', () => {
  it('agree on what settings make of each environment', { timeout: 60_000 }, () => {
    const programs = Array.from({ length: 200 }, (_, index) => makeProgram(index + 1));
    const questions = programs.map((program) => [program, environments]);
    const answers = askPython(python ?? '', script, questions) as (string[] | null)[][];
    programs.forEach((program, index) => {
      const pass = passModule(readProgram(snapshotOf({ 'site/settings.py': program })), 'site/settings.py');
      environments.forEach((environment, at) => {
        const expected = answers[index]?.[at];
        if (expected === null) return;
        const known = new Map(variables.map((name) => [name, environment[name]]));
        const value = settle(pass, pass.names.get('L'), known);
        const found = isObject(value, 'list') ? value.items : value;
        expect(found, `${JSON.stringify(environment)}\n${program}`).toEqual(expected);
      });
    });
  });
});
