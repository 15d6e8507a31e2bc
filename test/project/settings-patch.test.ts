import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDjango } from '../../src/project/django/django.ts';
import { patchSettings, unpatchSettings } from '../../src/project/django/settings-patch.ts';
import type { SnippetChoices } from '../../src/project/django/settings-snippet.ts';
import type { HostsSetting } from '../../src/project/project.ts';
import { parsePython } from '../../src/project/python/parse.ts';
import { askPython, pythonWith } from '../support/python.ts';
import { snapshotOf } from '../support/snapshot.ts';
import { idioms } from './settings-idioms.ts';

const choices: SnippetChoices = { variable: 'EB_HOSTS', separator: 'comma', role: 'extra-hosts', hosts: [] };

/** Modules no variable reaches, each laid out in another way. */
const layouts: Readonly<Record<string, string>> = {
  'a list': 'DEBUG = False\nALLOWED_HOSTS = ["a.com"]\nINSTALLED_APPS = []\n',
  'a tuple': 'ALLOWED_HOSTS = ("a.com", "b.com")\n',
  'several lines and comments':
    'ALLOWED_HOSTS = [\n    "a.com",  # the site\n    # "b.com",\n]  # end\n\nX = 1\n',
  'carriage returns': 'DEBUG = False\r\nALLOWED_HOSTS = ["a.com"]\r\nX = 1\r\n',
  'no final line end': 'ALLOWED_HOSTS = ["a.com"]',
  'no final line end after carriage returns': 'X = 1\r\nALLOWED_HOSTS = ["a.com"]',
  'statements on one line': 'DEBUG = False; ALLOWED_HOSTS = ["a.com"]; X = [\n  1,\n]\nY = 2\n',
  'changed under a condition':
    'ALLOWED_HOSTS = ["a.com"]\nif not False:\n\tALLOWED_HOSTS.append("b.com")\n\n\nY = 2\n',
  'bound in both branches':
    'import sys\nif sys.platform:\n    ALLOWED_HOSTS = ["a.com"]\nelse:\n    ALLOWED_HOSTS = []\nY = 2\n',
  'consumers below':
    'ALLOWED_HOSTS = ["a.com"]\nCSRF_TRUSTED_ORIGINS = ["https://" + h for h in ALLOWED_HOSTS]\n',
  'os means something else': 'os = "linux"\nALLOWED_HOSTS = ["a.com"]\nplatform = os\n',
  'a duplicate of what comes': 'ALLOWED_HOSTS = ["a.com", "10.0.0.1"]\n',
  'an empty list': 'ALLOWED_HOSTS = []\n',
  'no list': 'INSTALLED_APPS = []\n\n\n',
  'a list of another name': 'HOSTS = ["a.com"]\nALLOWED_HOSTS = HOSTS\n',
  'non-ASCII text': '# Einstellungen für die Straße 🚦\nALLOWED_HOSTS = ["bücher.example"]\nNAME = "ß"\n',
  'form feeds': 'import os\n\f\n# hosts\n\fALLOWED_HOSTS = ["a.com"]\n\f\nX = 1\n',
  'a text that goes on over carriage returns': 'X = "one \\\r\n  two"\r\nALLOWED_HOSTS = ["a.com"]\r\n',
  'a class whose list the module takes':
    'class Base:\n    X = 1\n\nclass Production(Base):\n    ALLOWED_HOSTS = ["a.com"]\n    DEBUG = False\n\n\nALLOWED_HOSTS = Production.ALLOWED_HOSTS\n',
};

const entries = Object.entries(layouts).map(([title, text]) => ({ title, text }));

function settingOf(text: string): HostsSetting {
  const [setting] = readDjango(snapshotOf({ 'site/settings.py': text })).settings;
  if (setting === undefined) throw new Error('no setting');
  return setting;
}

function patched(text: string, wanted: SnippetChoices = choices): string {
  const result = patchSettings(text, settingOf(text), wanted);
  if ('reason' in result) throw new Error(result.reason);
  return result.text;
}

describe('patching settings', () => {
  it.each(entries)('$title: adds one block, keeps the rest, and comes off again', ({ text }) => {
    const result = patched(text);
    expect(parsePython(result).errorAt).toBeNull();
    expect(result.match(/eb-hosts: begin/g)).toHaveLength(1);
    expect(unpatchSettings(result)).toBe(text);
    expect(result.includes('\r\n')).toBe(text.includes('\r\n'));
    if (text.includes('\r\n')) expect(result.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  });

  it.each(entries)('$title: a second run changes nothing', ({ text }) => {
    const once = patched(text);
    expect(patchSettings(once, settingOf(once), choices)).toEqual({ text: once });
  });

  it.each(entries)('$title: the reader finds the variable afterwards', ({ text }) => {
    expect(settingOf(patched(text))).toMatchObject({
      source: 'environment',
      variable: 'EB_HOSTS',
      separator: 'comma',
    });
  });

  it('renews a block whose choices have changed', () => {
    const text = layouts['a list'] ?? '';
    const first = patched(text);
    const second = patchSettings(first, settingOf(first), {
      ...choices,
      variable: 'OTHER_HOSTS',
      separator: 'space',
    });
    expect('text' in second && second.text).toContain('"OTHER_HOSTS"');
    expect('text' in second && second.text).not.toContain('EB_HOSTS');
    expect('text' in second && unpatchSettings(second.text)).toBe(text);
  });

  it('stands inside the class whose list it extends', () => {
    const result = patched(
      'from configurations import Configuration\nclass Production(Configuration):\n\tALLOWED_HOSTS = ["a.com"]\n\tX = 1\n',
    );
    expect(result.split('\n')[3]).toMatch(/^\t# eb-hosts: begin/);
  });

  it('is renewed in a class that ends the file', () => {
    const text =
      'from configurations import Configuration\nclass Production(Configuration):\n    ALLOWED_HOSTS = ["a.com"]\n';
    const once = patched(text);
    expect(patchSettings(once, settingOf(once), choices)).toEqual({ text: once });
    expect(unpatchSettings(once)).toBe(text);
  });

  it.each([
    ['a wildcard', 'ALLOWED_HOSTS = ["*"]\n', /admits every host/],
    [
      'a value of django-configurations',
      'from configurations import Configuration, values\nclass Prod(Configuration):\n    ALLOWED_HOSTS = values.ListValue(["a.com"])\n',
      /no list yet/,
    ],
    ['a module that does not parse', 'ALLOWED_HOSTS = ["a.com"\nX = = 1\n', /does not parse/],
  ])('says why it leaves %s alone', (_title, text, reason) => {
    const result = patchSettings(text, settingOf(text), choices);
    expect('reason' in result && result.reason).toMatch(reason);
  });

  it.each([
    [
      'a model of pydantic',
      'from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    ALLOWED_HOSTS: list[str] = ["a.com"]\n',
      3,
    ],
    [
      'a model of pydantic beside django-configurations',
      'from configurations import Configuration\nfrom pydantic_settings import BaseSettings\nclass Env(BaseSettings):\n    X: int = 1\nclass Settings(Env):\n    ALLOWED_HOSTS: list[str] = ["a.com"]\nDEBUG = False\n',
      6,
    ],
    ['a plain class', 'class Production:\n    ALLOWED_HOSTS = ["a.com"]\n', 2],
    ['a class that inherits', 'from .base import *\nclass Prod(Base):\n    ALLOWED_HOSTS = ["a.com"]\n', 3],
    [
      'a class within a class',
      'class S:\n    class Web:\n        ALLOWED_HOSTS = ["a.com"]\nDEBUG = False\n',
      3,
    ],
    [
      'a class under a condition',
      'DEBUG = False\nif X:\n    class S:\n        ALLOWED_HOSTS = ["a.com"]\n',
      4,
    ],
    ['a bare annotation', 'class S(BaseSettings):\n    ALLOWED_HOSTS: list[str]\nDEBUG = False\n', 2],
  ])('does not reach into %s', (_title, text, line) => {
    const literal = settingOf(layouts['a list'] ?? '');
    for (const at of [line, 1]) {
      expect(patchSettings(text, { ...literal, line: at }, choices)).toEqual({
        reason: 'ALLOWED_HOSTS is an attribute of a class that is not one of django-configurations',
      });
    }
  });

  it('goes below the statement that takes the list of a class, and not into the class', () => {
    const result = patched(layouts['a class whose list the module takes'] ?? '');
    expect(result).toMatch(/^ALLOWED_HOSTS = Production\.ALLOWED_HOSTS\n# eb-hosts: begin/m);
  });

  it('leaves the app of another framework alone', () => {
    const setting = settingOf(layouts['a list'] ?? '');
    const result = patchSettings('from flask import Flask\napp = Flask(__name__)\n', setting, choices);
    expect('reason' in result && result.reason).toMatch(/no statement at module level/);
  });

  it('puts the block at the end of a module that inherits its list', () => {
    const text = 'from .base import *\n\nX = 1\n';
    const result = patchSettings(text, { ...settingOf(layouts['a list'] ?? ''), line: 1 }, choices);
    expect('text' in result && result.text.startsWith(text)).toBe(true);
  });

  it('leaves a module alone that reads the variable already', () => {
    const text = 'import os\nALLOWED_HOSTS = ["a.com"] + os.environ.get("EB_HOSTS", "").split(",")\n';
    expect('reason' in patchSettings(text, settingOf(text), choices)).toBe(true);
  });

  it('keeps text that only looks like a block', () => {
    const text = 'ALLOWED_HOSTS = ["a.com"]\n# eb-hosts: begin\nX = 1\n';
    expect(unpatchSettings(text)).toBe(text);
  });

  it('never throws and always comes off, wherever a module is cut', () => {
    const texts = [...Object.values(layouts), ...idioms.map((idiom) => idiom.text)];
    fc.assert(
      fc.property(fc.constantFrom(...texts), fc.nat(400), fc.nat(60), (text, at, line) => {
        const cut = text.slice(0, at);
        const setting: HostsSetting = { ...settingOf(layouts['a list'] ?? ''), line };
        const result = patchSettings(cut, setting, choices);
        if ('text' in result) expect(unpatchSettings(result.text)).toBe(cut);
      }),
      { numRuns: 400 },
    );
  });
});

const program = `
import json, os, sys
from importlib import util
answers = []
for text, environments in json.load(sys.stdin):
    results = []
    for environment in environments:
        os.environ.clear()
        os.environ.update(environment)
        names = {"__name__": "settings"}
        exec(compile(text, "settings.py", "exec"), names)
        results.append(list(names.get("ALLOWED_HOSTS", [])))
    answers.append(results)
json.dump(answers, sys.stdout)
`;

const python = pythonWith();
(python === undefined ? describe.skip : describe)(
  `patched settings in real Python${python === undefined ? ' (skipped: no Python)' : ''}`,
  () => {
    const variants: readonly [string, SnippetChoices, string, string[]][] = [
      ['comma', choices, ' c.com, 10.0.0.1,,', ['c.com', '10.0.0.1']],
      ['space', { ...choices, separator: 'space' }, 'c.com  10.0.0.1 ', ['c.com', '10.0.0.1']],
      ['semicolon', { ...choices, separator: 'semicolon' }, 'c.com;10.0.0.1', ['c.com', '10.0.0.1']],
      ['json', { ...choices, separator: 'json' }, '["c.com", "10.0.0.1"]', ['c.com', '10.0.0.1']],
      ['none', { ...choices, separator: 'none' }, '10.0.0.1', ['10.0.0.1']],
    ];
    for (const [name, wanted, value, added] of variants) {
      it(`${name}: the list holds its own hosts and the variable's, each once`, () => {
        const questions = entries.flatMap(({ text }) => [
          [text, [{}]],
          [patched(text, wanted), [{}, { EB_HOSTS: value }]],
        ]);
        const answers = askPython(python ?? '', program, questions) as string[][][];
        entries.forEach(({ title }, index) => {
          const own = answers[2 * index]?.[0] ?? [];
          const [unset, set] = answers[2 * index + 1] ?? [];
          expect({ title, hosts: unset }).toEqual({ title, hosts: own });
          expect({ title, hosts: set }).toEqual({ title, hosts: [...new Set([...own, ...added])] });
        });
      });
    }

    it('a whole list replaces the own one only where the variable is set', () => {
      const text = patched(layouts['a tuple'] ?? '', { ...choices, role: 'whole-list' });
      const answers = askPython(python ?? '', program, [
        [text, [{}, { EB_HOSTS: '' }, { EB_HOSTS: 'c.com,10.0.0.1' }]],
      ]);
      expect(answers).toEqual([
        [
          ['a.com', 'b.com'],
          ['a.com', 'b.com'],
          ['c.com', '10.0.0.1'],
        ],
      ]);
    });
  },
);

/** Loads each module as Django does and asks Django whether it would serve a host. */
const djangoProgram = `
import importlib, json, os, sys, tempfile
from django.conf import Settings
from django.http.request import validate_host
answers = []
with tempfile.TemporaryDirectory() as directory:
    sys.path.insert(0, directory)
    for index, (text, environment, hosts) in enumerate(json.load(sys.stdin)):
        name = "patched_%d" % index
        with open(os.path.join(directory, name + ".py"), "w", encoding="utf-8", newline="") as file:
            file.write("SECRET_KEY = 'x'\\n" + text)
        importlib.invalidate_caches()
        os.environ.clear()
        os.environ.update(environment)
        settings = Settings(name)
        answers.append([validate_host(host, settings.ALLOWED_HOSTS) for host in hosts])
json.dump(answers, sys.stdout)
`;

const django = pythonWith('django');
(django === undefined ? describe.skip : describe)(
  `patched settings in real Django${django === undefined ? ' (skipped: no Python with Django)' : ''}`,
  () => {
    const hosts = ['10.0.0.1', '10.0.0.2'];
    const question = (text: string, environment: Readonly<Record<string, string>>) => [
      text,
      environment,
      hosts,
    ];

    it('admits the address after the patch and not before, and no other', () => {
      const plain = entries.filter(({ text }) => !text.includes('10.0.0.1'));
      const questions = plain.flatMap(({ text }) => [
        question(text, { EB_HOSTS: '10.0.0.1' }),
        question(patched(text), { EB_HOSTS: '10.0.0.1' }),
        question(patched(text), {}),
      ]);
      const answers = askPython(django ?? '', djangoProgram, questions) as boolean[][];
      plain.forEach(({ title }, index) => {
        expect({ title, answers: answers.slice(3 * index, 3 * index + 3) }).toEqual({
          title,
          answers: [
            [false, false],
            [true, false],
            [false, false],
          ],
        });
      });
    });
  },
);
