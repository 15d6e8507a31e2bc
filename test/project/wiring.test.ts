import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { Framework, HostsSetting } from '../../src/project/project.ts';
import type { WiredVariable } from '../../src/project/wiring/code.ts';
import { unpatchSettings, wireDjango } from '../../src/project/wiring/django.ts';
import { wireSettings } from '../../src/project/wiring/wiring.ts';
import { describeWith } from '../support/needs.ts';
import { askPython, pythonWith } from '../support/python.ts';

const variable: WiredVariable = { variable: 'EB_HOSTS', separator: 'comma' };

function settingAt(file: string, line: number): HostsSetting {
  return { file, line, source: 'literal', variable: null, separator: null, role: null, default: null };
}

function wired(text: string, wanted = variable): string {
  const { after, reason } = wireDjango(text, settingAt('site/settings.py', 1), wanted);
  expect({ text, reason }).toEqual({ text, reason: null });
  return after ?? '';
}

/** Modules in which a block is safe, each laid out in another way, with the hosts they admit without a hook. */
const layouts: readonly [title: string, text: string, own: readonly string[]][] = [
  ['a list', 'DEBUG = False\nALLOWED_HOSTS = ["a.com"]\nINSTALLED_APPS = []\n', ['a.com']],
  ['a tuple', 'ALLOWED_HOSTS = ("a.com", "b.com")\n', ['a.com', 'b.com']],
  ['a tuple without brackets', 'ALLOWED_HOSTS = "a.com", "b.com"\nX = 1\n', ['a.com', 'b.com']],
  [
    'several lines',
    'ALLOWED_HOSTS = [\n    "a.com",  # the site\n    # "b.com",\n]  # end\n\nX = 1\n',
    ['a.com'],
  ],
  ['carriage returns', 'DEBUG = False\r\nALLOWED_HOSTS = [\r\n  "a.com",\r\n]\r\nX = 1\r\n', ['a.com']],
  ['no final line end', 'ALLOWED_HOSTS = ["a.com"]', ['a.com']],
  ['no final line end after carriage returns', 'X = 1\r\nALLOWED_HOSTS = ["a.com"]', ['a.com']],
  ['statements on one line', 'DEBUG = False; ALLOWED_HOSTS = ["a.com"]; X = [\n  1,\n]\nY = 2\n', ['a.com']],
  [
    'changed below',
    'ALLOWED_HOSTS = ["a.com"]\nif not False:\n\tALLOWED_HOSTS.append("b.com")\n\nY = 2\n',
    ['a.com', 'b.com'],
  ],
  ['added to', 'ALLOWED_HOSTS = ["a.com"]\nALLOWED_HOSTS += [\n  "b.com",\n]\n', ['a.com', 'b.com']],
  [
    'bound in both branches',
    'if X:\n    ALLOWED_HOSTS = ["a.com"]\nelse:\n    ALLOWED_HOSTS = []\nY = 2\n',
    ['a.com'],
  ],
  ['bound in one branch', 'if not X:\n    ALLOWED_HOSTS = ["a.com"]\nY = 2\n', []],
  ['a text', 'import os\nALLOWED_HOSTS = "a.com,b.com"\n', ['a.com', 'b.com']],
  ['a text of a variable', 'import os\nALLOWED_HOSTS = os.environ.get("OWN_HOSTS")\n', ['own.com']],
  [
    'a text or a list',
    'import os\nif X:\n    ALLOWED_HOSTS = os.getenv("OWN_HOSTS")\nelse:\n    ALLOWED_HOSTS = []\n',
    ['own.com'],
  ],
  ['nothing', 'ALLOWED_HOSTS = None\n', []],
  ['another name', 'HOSTS = ["a.com"]\nALLOWED_HOSTS = HOSTS\n', ['a.com']],
  [
    'a function',
    'def hosts():\n    ALLOWED_HOSTS = 1\n    return ["a.com"]\nALLOWED_HOSTS = hosts()\nX = 1\n',
    ['a.com'],
  ],
  [
    'a class beside it',
    'class Base:\n    ALLOWED_HOSTS = ["a.com"]\n\n\nALLOWED_HOSTS = Base.ALLOWED_HOSTS\n',
    ['a.com'],
  ],
  [
    'overridden by an import',
    'ALLOWED_HOSTS = ["a.com"]\ntry:\n    from local_hosts import *\nexcept ImportError:\n    pass\nX = 2\n',
    ['local.com'],
  ],
  ['imported', 'from local_hosts import ALLOWED_HOSTS\nX = 2\n', ['local.com']],
  [
    'set through globals',
    'ALLOWED_HOSTS = []\nNAMES = {"ALLOWED_%s" % "HOSTS": ["a.com"]}\nglobals().update(NAMES)\n',
    ['a.com'],
  ],
  ['os means something else', 'os = "linux"\nALLOWED_HOSTS = ["a.com"]\nplatform = os\n', ['a.com']],
  ['no list', 'INSTALLED_APPS = []\n\n\n', []],
  [
    'non-ASCII text',
    '# für die Straße 🚦\nALLOWED_HOSTS = ["xn--bcher-kva.example"]\nNAME = "ß"\n',
    ['xn--bcher-kva.example'],
  ],
  ['form feeds', 'import os\n\f\n# hosts\n\fALLOWED_HOSTS = ["a.com"]\n\f\nX = 1\n', ['a.com']],
];

describe('wiring the settings of Django', () => {
  it.each(layouts)('%s: adds one block, keeps the rest, and comes off again', (_title, text) => {
    const after = wired(text);
    expect(after.match(/eb-hosts: begin/g)).toHaveLength(1);
    expect(unpatchSettings(after)).toBe(text);
    expect(after.includes('\r\n')).toBe(text.includes('\r\n'));
    if (text.includes('\r\n')) expect(after.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect(wired(after)).toBe(after);
    expect(unpatchSettings(wired(after, { variable: 'OTHER', separator: 'json' }))).toBe(text);
  });

  it('stands above what uses the list, and below where it ends', () => {
    const text = 'ALLOWED_HOSTS = [\n    "a.com",\n]\nORIGINS = ["https://" + h for h in ALLOWED_HOSTS]\n';
    expect(wired(text).split('\n').slice(2, 4)).toEqual([']', expect.stringMatching(/^# eb-hosts: begin/)]);
  });

  it.each([
    ['a module that does not parse', 'ALLOWED_HOSTS = ["a.com"\nX = = 1\n', /does not parse/],
    [
      'a model of pydantic',
      'class Settings(BaseSettings):\n    ALLOWED_HOSTS: list[str] = ["a.com"]\n',
      /attribute of the class Settings/,
    ],
    [
      'a plain class',
      'class Production:\n    ALLOWED_HOSTS = ["a.com"]\n',
      /attribute of the class Production/,
    ],
    [
      'a bare annotation',
      'class S(BaseSettings):\n    ALLOWED_HOSTS: list[str]\nX = 1\n',
      /attribute of the class S/,
    ],
    [
      'a value of django-configurations',
      'from configurations import Configuration, values\nclass Prod(Configuration):\n    ALLOWED_HOSTS = values.ListValue(["a.com"])\n',
      /attribute of the class Prod/,
    ],
    [
      'a class that inherits the list',
      'from configurations import Configuration\nclass Prod(Base):\n    X = 1\n',
      /does not make the list itself/,
    ],
  ])('names no place in %s', (_title, text, reason) => {
    for (const line of [1, 2, 3]) {
      const result = wireDjango(text, settingAt('settings.py', line), variable);
      expect(result).toEqual({ after: null, reason: expect.stringMatching(reason) });
    }
  });

  it('keeps text that only looks like a block', () => {
    const text = 'ALLOWED_HOSTS = ["a.com"]\n# eb-hosts: begin\nX = 1\n';
    expect(unpatchSettings(text)).toBe(text);
  });

  it('takes out what the first edition put in', () => {
    const block =
      "# eb-hosts: begin (hosts from EB_HOSTS, such as this instance's own address; 'eb-hosts remove' takes this out)\nfrom os import environ as _eb_hosts_environ\nALLOWED_HOSTS = []\n# eb-hosts: end\n";
    expect(unpatchSettings(`X = 1\n${block}Y = 2\n`)).toBe('X = 1\nY = 2\n');
  });
});

/** Loads each module as Django does and asks Django which hosts it would serve. */
const djangoProgram = `
import importlib, json, os, sys, tempfile
from django.conf import Settings
from django.http.request import validate_host
answers = []
with tempfile.TemporaryDirectory() as directory:
    sys.path.insert(0, directory)
    with open(os.path.join(directory, "local_hosts.py"), "w") as file:
        file.write("ALLOWED_HOSTS = ('local.com',)\\n")
    for index, (text, environment, hosts) in enumerate(json.load(sys.stdin)):
        name = "patched_%d" % index
        with open(os.path.join(directory, name + ".py"), "w", encoding="utf-8", newline="") as file:
            file.write("SECRET_KEY = 'x'; X = True\\n" + text)
        importlib.invalidate_caches()
        os.environ.clear()
        os.environ.update(environment)
        settings = Settings(name)
        answers.append([host for host in hosts if validate_host(host, settings.ALLOWED_HOSTS)])
json.dump(answers, sys.stdout)
`;

const django = pythonWith('django');
(django === undefined ? describe.skip : describe)(
  `wired settings in real Django${django === undefined ? ' (skipped: no Python with Django)' : ''}`,
  () => {
    it.each([
      ['comma', ' 10.0.0.1, c.com,,'],
      ['space', '10.0.0.1  c.com '],
      ['semicolon', '10.0.0.1;c.com'],
      ['json', '["10.0.0.1", "c.com"]'],
    ] as const)(
      '%s: the own hosts without the hook, those and the address with it, nobody else',
      (separator, value) => {
        const asked = (own: readonly string[]) => [
          ...own,
          '10.0.0.1',
          'c.com',
          '10.0.0.2',
          'evil.com',
          'a',
          ',',
        ];
        const questions = layouts.flatMap(([, text, own]) =>
          [{}, { EB_HOSTS: value }].map((environment) => [
            wired(text, { variable: 'EB_HOSTS', separator }),
            { OWN_HOSTS: 'own.com', ...environment },
            asked(own),
          ]),
        );
        const answers = askPython(django ?? '', djangoProgram, questions) as string[][];
        layouts.forEach(([title, , own], index) => {
          expect({ title, unset: answers[2 * index], set: answers[2 * index + 1] }).toEqual({
            title,
            unset: own,
            set: [...own, '10.0.0.1', 'c.com'],
          });
        });
      },
    );
  },
);

/** Executes each module with stand-ins for the libraries, and tells the list that they were given. */
const appProgram = `
import json, os, sys, types
def module(name, **names):
    it = types.ModuleType(name)
    it.__dict__.update(names)
    sys.modules[name] = it
class App:
    def __init__(self, *args, **named):
        self.config = dict(TRUSTED_HOSTS=None)
        for one in named.get("middleware", []): self.add_middleware(*one)
    def add_middleware(self, kind, hosts):
        seen.append(hosts)
middleware = lambda kind, allowed_hosts: (kind, allowed_hosts)
App.add_middleware_named = None
class Named(App):
    def add_middleware(self, kind, allowed_hosts): seen.append(allowed_hosts)
module("flask", Flask=App)
module("fastapi", FastAPI=Named)
module("starlette", applications=None)
module("starlette.applications", Starlette=Named)
module("starlette.middleware", Middleware=middleware)
module("starlette.middleware.trustedhost", TrustedHostMiddleware=object)
module("configurations", Configuration=object)
answers = []
for text, environment in json.load(sys.stdin):
    seen = []
    os.environ.clear()
    os.environ.update(environment)
    names = {"__name__": "app"}
    exec(compile(text, "app.py", "exec"), names)
    if "app" in names and names["app"].config["TRUSTED_HOSTS"]: seen.append(names["app"].config["TRUSTED_HOSTS"])
    if "Prod" in names: seen.append(names["Prod"].ALLOWED_HOSTS)
    answers.append(seen)
json.dump(answers, sys.stdout)
`;

/** Files whose change is shown and not made. The list stands in the line that holds `LIST`. */
const shown: readonly [title: string, framework: Framework, text: string][] = [
  [
    'a class of django-configurations',
    'django',
    'from configurations import Configuration\n\n\nclass Prod(Configuration):\n\tALLOWED_HOSTS = [  # LIST\n\t\t"a.com",\n\t]\n\tX = 1\n',
  ],
  [
    'a class that ends the file',
    'django',
    'from configurations import Configuration\nclass Prod(Configuration):\n    ALLOWED_HOSTS = ["a.com"]  # LIST',
  ],
  [
    'Flask',
    'flask',
    '"""The app."""\nfrom __future__ import annotations\n\nfrom flask import Flask\n\napp = Flask(__name__)\napp.config["TRUSTED_HOSTS"] = ["a.com"]  # LIST\n',
  ],
  [
    'Flask in a factory',
    'flask',
    'import os, sys\nfrom flask import Flask\ndef create_app():\n    app = Flask(__name__)\n    app.config.update(  # LIST\n        TRUSTED_HOSTS=[\n            "a.com",\n        ],\n    )\n    return app\napp = create_app()\n',
  ],
  [
    'FastAPI',
    'starlette',
    'import os\nfrom fastapi import FastAPI\nfrom starlette.middleware.trustedhost import TrustedHostMiddleware\napp = FastAPI()\napp.add_middleware(TrustedHostMiddleware, allowed_hosts=["a.com"])  # LIST\n',
  ],
  [
    'Starlette over several lines',
    'starlette',
    'from starlette.applications import Starlette\nfrom starlette.middleware import Middleware\nfrom starlette.middleware.trustedhost import TrustedHostMiddleware\nmiddleware = [\n    Middleware(\n        TrustedHostMiddleware,  # LIST\n        allowed_hosts=[\n            "a.com"  # the "site", it\'s ours]\n        ],\n    ),\n]\napp = Starlette(middleware=middleware)\n',
  ],
];

const python = pythonWith();
(python === undefined ? describe.skip : describe)('changes that are shown', () => {
  it.each(shown)('%s: runs, with the own hosts and the address', (_title, framework, text) => {
    const line = text.slice(0, text.indexOf('LIST')).split('\n').length;
    for (const separator of ['comma', 'json'] as const) {
      const { after, reason } = wireSettings(framework, settingAt('app.py', line), text, {
        variable: 'EB_HOSTS',
        separator,
      });
      expect(reason).not.toBeNull();
      const value = separator === 'json' ? '["10.0.0.1"]' : '10.0.0.1';
      const answers = askPython(python ?? '', appProgram, [
        [after, {}],
        [after, { EB_HOSTS: value }],
      ]);
      expect(answers).toEqual([[['a.com']], [['a.com', '10.0.0.1']]]);
    }
  });

  it.each<[string, Framework, string]>([
    ['a name', 'starlette', 'app.add_middleware(TrustedHostMiddleware, allowed_hosts=settings.hosts)\n'],
    ['another framework', 'symfony', 'framework:\n    trusted_hosts: ["a"]\n'],
    ['a closure', 'laravel', '$middleware->trustHosts(at: fn () => [config("app.host")]);\n'],
    ['a block of Ruby', 'rails', 'config.hosts << proc do |host|\n  host\nend\n'],
    ['a here-document', 'rails', 'config.hosts += <<~HOSTS.split\n  a.com\nHOSTS\n'],
  ])('names no place for %s', (_title, framework, text) => {
    expect(wireSettings(framework, settingAt('x', 1), text, variable).after).toBeNull();
  });
});

const ruby = 'config.hosts.concat(ENV.fetch("EB_HOSTS", "").split(",").map(&:strip).reject(&:empty?))';
const php =
  "...array_map(static fn (string $host): string => '^'.preg_quote($host).'$', array_filter(array_map('trim', explode(',', (string) env('EB_HOSTS')))))";

/** The lines of the change; the first of `text` is where the list was read. */
const others: readonly [title: string, framework: Framework, file: string, text: string, after: string][] = [
  [
    'one host',
    'rails',
    'production.rb',
    '  config.hosts << "a.com" # "it\'s\n  x = 1\n',
    `  config.hosts << "a.com" # "it's\n  ${ruby}\n  x = 1\n`,
  ],
  [
    'several lines',
    'rails',
    'production.rb',
    '  config.hosts = [\n    "a.com", # ]\n    /.*\\.a\\.com/\n  ]\nend\n',
    `  config.hosts = [\n    "a.com", # ]\n    /.*\\.a\\.com/\n  ]\n  ${ruby}\nend\n`,
  ],
  [
    'a chain',
    'rails',
    'production.rb',
    'config.hosts +=\n  %w[a.com]\n  .map(&:to_s)\nx\n',
    `config.hosts +=\n  %w[a.com]\n  .map(&:to_s)\n${ruby}\nx\n`,
  ],
  [
    'an initializer',
    'rails',
    'hosts.rb',
    'Rails.application.config.hosts << "a.com"\n',
    `Rails.application.config.hosts << "a.com"\nRails.application.${ruby}\n`,
  ],
  [
    'Laravel 11',
    'laravel',
    'bootstrap/app.php',
    "    $middleware->trustHosts(at: ['^a\\.com$']);\n",
    `    $middleware->trustHosts(at: ['^a\\.com$', ${php}]);\n`,
  ],
  [
    'Laravel 11, several lines',
    'laravel',
    'bootstrap/app.php',
    "$middleware->trustHosts(\n  at: [\n    '^a$', // it's\n  ],\n);\n",
    `$middleware->trustHosts(\n  at: [\n    '^a$', // it's\n    ${php},\n  ],\n);\n`,
  ],
  [
    'Laravel 10',
    'laravel',
    'app/Http/Middleware/TrustHosts.php',
    'public function hosts(): array\n{\n    return [\n        $this->allSubdomainsOfApplicationUrl(),\n    ];\n}\n',
    `public function hosts(): array\n{\n    return [\n        $this->allSubdomainsOfApplicationUrl(),\n        ${php},\n    ];\n}\n`,
  ],
];

describe('changes of Ruby and PHP', () => {
  it.each(others)('%s: %s', (_title, framework, file, text, after) => {
    expect(wireSettings(framework, settingAt(file, 1), text, variable).after).toBe(after);
  });

  describeWith(['ruby'], 'for Ruby', () => {
    it.each(others.filter(([, framework]) => framework === 'rails'))('%s parses', (...[, , , , after]) => {
      const program = `${/^end$/m.test(after) ? 'if true\n' : ''}${after}`;
      expect(spawnSync('ruby', ['-c'], { input: program }).status).toBe(0);
    });
  });

  describeWith(['php'], 'for PHP', () => {
    it.each(others.filter(([, framework]) => framework === 'laravel'))('%s parses', (...[, , , , after]) => {
      const program = after.startsWith('public') ? `<?php class A { ${after} }` : `<?php ${after}`;
      expect(spawnSync('php', ['-l'], { input: program }).status).toBe(0);
    });
  });
});
