import { describe, expect, it } from 'vitest';
import { readDjango } from '../../src/project/django/django.ts';
import { literalOf, nothing, parseExpression, parsePython } from '../../src/project/python/parse.ts';
import { snapshotOf } from '../support/snapshot.ts';

/** Settings of many statements, of the kinds that settings have. */
function longSettings(repetitions: number): string {
  const kinds = (index: number) => [
    `NAME_${index} = read("A", None)\n`,
    `# words\nFLAG_${index} = True\n`,
    `TYPES_${index} = {\n    "a/b": [".a", ".b"],\n    "c": {"d": 1},\n}\n`,
    `def read_${index}(a, *, b=None) -> str | None:\n    """Text."""\n    if a in b:\n        return b[a]\n    return None\n\n`,
    `TYPES_${index}.update(\n    loads(read("B_${index}", "{}"))\n)\n`,
    `if FLAG_${index} and (NAME_${index} or DEBUG):\n    C = f"{NAME_${index}} x"\nelse:\n    D += ["a"]\n`,
    `from .part_${index} import (\n    one,\n    two,\n)\n`,
    `E_${index}: list[str] = read(\n    "X", "y"\n)\n`,
  ];
  return Array.from({ length: repetitions }, (_, index) => kinds(index).join('\n')).join('\n');
}

describe('parsing Python', () => {
  it('gets through a module of a thousand statements', () => {
    const { body, errorAt } = parsePython(longSettings(150));
    expect(errorAt).toBe(null);
    expect(body.length).toBe(150 * 8);
    expect(body.map(({ name }) => name)).not.toContain('');
  });

  it('keeps the place of every statement', () => {
    const text = `${longSettings(120)}\nALLOWED_HOSTS = ["a.example"]\n`;
    const last = parsePython(text).body.at(-1);
    expect(text.slice(last?.from, last?.to)).toBe('ALLOWED_HOSTS = ["a.example"]');
  });

  it('reads the list at the end of a long settings file, and finds nothing wrong with its syntax', () => {
    const settings = `import os\n${longSettings(120)}\nALLOWED_HOSTS = os.environ["HOSTS"].split(";")\n`;
    const { settings: found, findings } = readDjango(
      snapshotOf({ 'manage.py': '', 'site/settings.py': settings }),
    );
    expect(found[0]).toMatchObject({ variable: 'HOSTS', separator: 'semicolon', role: 'whole-list' });
    expect(findings.map(({ code }) => code)).not.toContain('settings-unparsable');
  });

  it('says where a real error is, and reads what stands behind it', () => {
    const text = `A = 1\n\ndef f():\n    return (1 +\n\nB = 2\n${longSettings(1)}`;
    const { body, errorAt } = parsePython(text);
    expect(errorAt).toBeGreaterThanOrEqual(text.indexOf('return'));
    expect(errorAt).toBeLessThanOrEqual(text.indexOf('B = 2') + 2);
    expect(body[0]).toMatchObject({ name: 'AssignStatement' });
  });

  it.each([
    'def f():\n    yield\n',
    'def f():\n    try:\n        yield\n    finally:\n        g()\n',
    'def f():\n    yield  # once\n    x = 1\n',
    'def f():\r\n    yield\r\n',
  ])('a yield without a value is no error: %j', (text) => {
    expect(parsePython(text).errorAt).toBe(null);
  });

  it.each([
    ['not a or b', ['UnaryExpression', 'or', 'VariableName']],
    ['x and not b or c', ['BinaryExpression', 'or', 'VariableName']],
    ['a or not b and c', ['VariableName', 'or', 'BinaryExpression']],
  ])('gives %s the precedence that it has in Python', (text, names) => {
    expect(parseExpression(text)?.children.map(({ name }) => name)).toEqual(names);
  });

  it('leaves a yield in a text as it is', () => {
    const text = 'A = """\nyield\n"""\n';
    const [statement] = parsePython(text).body;
    expect(literalOf(statement?.children.at(-1) ?? nothing)).toBe('\nyield\n');
  });
});
