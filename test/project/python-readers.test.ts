import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDjango } from '../../src/project/django/django.ts';
import { readPythonFramework } from '../../src/project/frameworks/python-frameworks.ts';
import { decodeString, parsePython } from '../../src/project/python/parse.ts';
import { snapshotOf } from '../support/snapshot.ts';
import { idioms } from './settings-idioms.ts';

const texts = idioms.map(({ text }) => text);

/** Pieces that readers of Python stumble over, in any order. */
const pieces = fc.constantFrom(
  ...[
    'ALLOWED_HOSTS',
    'os.environ',
    '.get(',
    '["A"]',
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    ':',
    ',',
    '=',
    '+=',
    '*',
    '**',
    '.',
    '\n',
    '\n    ',
    '\t',
  ],
  ...[
    'for x in ',
    'if ',
    'else',
    'lambda: ',
    'def f(',
    'class A(',
    'return ',
    'import ',
    'from . import *',
    'try:',
    'except',
    'while True:',
  ],
  ...[
    '"a.com"',
    "f'{x}'",
    '"""',
    "'",
    '\\',
    '#',
    '0x',
    '1e9',
    'not ',
    ' in ',
    ' or ',
    'yield ',
    'async ',
    'match x:',
    '@',
    ':=',
    ';',
    '\0',
    '\r',
    'ß',
    '🚦',
    '\ud800',
  ],
);

function readAll(text: string): void {
  const snapshot = snapshotOf({
    'manage.py': `import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "site.settings")\n${text}`,
    'requirements.txt': 'fastapi\n',
    'main.py': text,
    'site/settings.py': `${text}\nROOT_URLCONF = "site.urls"\n`,
    'site/urls.py': text,
    '.ebextensions/x.config': text,
    Procfile: text,
    Dockerfile: text,
    'docker-compose.yml': text,
  });
  const { settings, hasRoute } = readDjango(snapshot);
  for (const setting of settings) {
    expect(setting.line).toBeGreaterThan(0);
    expect(snapshot.has(setting.file)).toBe(true);
    if (setting.source !== 'environment') expect(setting.variable).toBeNull();
    if (setting.variable !== null) expect(setting.variable).toMatch(/^[A-Za-z_][A-Za-z0-9_]*$/);
  }
  hasRoute('/health/');
  readPythonFramework(snapshot);
}

// Hundreds of whole readings each: a loaded machine takes its time.
describe('the readers of Python never throw', { timeout: 120_000 }, () => {
  it('on settings that are cut anywhere', () => {
    fc.assert(
      fc.property(fc.constantFrom(...texts), fc.nat(600), (text, at) => readAll(text.slice(0, at))),
      { numRuns: 100 },
    );
  });

  it('on settings with a piece put in or taken out', () => {
    fc.assert(
      fc.property(fc.constantFrom(...texts), fc.nat(600), fc.nat(30), pieces, (text, at, length, piece) =>
        readAll(text.slice(0, at) + piece + text.slice(at + length)),
      ),
      { numRuns: 100 },
    );
  });

  it('on pieces in any order', () => {
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => readAll(parts.join(''))),
      { numRuns: 100 },
    );
  });

  it.each([
    ['deep brackets', `ALLOWED_HOSTS = ${'['.repeat(20_000)}`],
    ['deep calls', `ALLOWED_HOSTS = ${'f('.repeat(5_000)}${')'.repeat(5_000)}`],
    ['a long sum', `ALLOWED_HOSTS = ${Array.from({ length: 5_000 }, () => '["a"]').join(' + ')}`],
    ['deep attributes', `ALLOWED_HOSTS = a${'.b'.repeat(20_000)}`],
    [
      'a target that raises too',
      'import os\nALLOWED_HOSTS = ["a"]\nos.environ["A"]["B"] = os.environ["C"].split(None[0])\n',
    ],
    ['a call that raises in a target', 'import json\njson.loads("{")[X] = json.loads("{")\n'],
    ['endless recursion', 'def f(x):\n    return f(x + [1])\nALLOWED_HOSTS = f([])\n'],
    [
      'recursion by a class',
      'class A:\n    def __init__(self):\n        self.a = A()\nALLOWED_HOSTS = [A()]\n',
    ],
    ['a list that holds itself', 'ALLOWED_HOSTS = ["a"]\nALLOWED_HOSTS.append(ALLOWED_HOSTS)\n'],
    [
      'a list that grows as it is walked',
      'ALLOWED_HOSTS = ["a"]\nfor h in ALLOWED_HOSTS:\n    ALLOWED_HOSTS.append(h)\n',
    ],
    ['a huge product', 'ALLOWED_HOSTS = ["a"] * 10 ** 9\n'],
    ['a huge range', 'ALLOWED_HOSTS = [str(x) for x in range(10 ** 9)]\n'],
    ['an evil pattern', `import os, re\nALLOWED_HOSTS = re.findall(r"^(a+)+$", "${'a'.repeat(40)}!")\n`],
    [
      'a prototype name',
      'import os\nALLOWED_HOSTS = os.environ.get("__proto__", "a").split(",")\nX = constructor.toString()\n',
    ],
    [
      'classes that inherit from themselves',
      'class A(A):\n    pass\nclass B(B, A): X = 1\nALLOWED_HOSTS = [B.Y, A().Y]\n',
    ],
  ])('on %s', (_title, text) => readAll(text));
});

describe('parsing', () => {
  it.each([
    ['"a\\n"', 'a\n'],
    ["r'a\\n'", 'a\\n'],
    ["'''a\nb'''", 'a\nb'],
    ["u'ß'", 'ß'],
    ["'\\q'", '\\q'],
  ])('decodes %s', (literal, expected) => {
    expect(decodeString(literal)).toBe(expected);
  });

  it('tells where the first error is', () => {
    expect(parsePython('x = 1\ny = = 2\n').errorAt).toBe(10);
    expect(parsePython('x = 1\n').errorAt).toBeNull();
  });
});
