import { describe, expect, it } from 'vitest';
import { readPythonFramework } from '../../src/project/frameworks/python-frameworks.ts';
import { snapshotOf } from '../support/snapshot.ts';

const starlette =
  'from fastapi import FastAPI\nfrom starlette.middleware.trustedhost import TrustedHostMiddleware\nimport os\napp = FastAPI()\n';
const flask = 'import os\nfrom flask import Flask\napp = Flask(__name__)\n';

function read(text: string, files: Readonly<Record<string, string>> = {}, requirement = 'fastapi==0.110') {
  return readPythonFramework(
    snapshotOf({ 'requirements.txt': `${requirement}\n`, 'main.py': text, ...files }),
  );
}

describe('Starlette and FastAPI', () => {
  it.each([
    [
      'add_middleware, split by commas',
      `${starlette}app.add_middleware(TrustedHostMiddleware, allowed_hosts=os.environ["ALLOWED_HOSTS"].split(","))\n`,
      {
        source: 'environment',
        variable: 'ALLOWED_HOSTS',
        separator: 'comma',
        role: 'whole-list',
        default: null,
      },
    ],
    [
      'a literal list',
      `${starlette}app.add_middleware(TrustedHostMiddleware, allowed_hosts=["a.com", "*.a.com"])\n`,
      { source: 'literal', variable: null, default: ['a.com', '*.a.com'] },
    ],
    [
      'Middleware(…) in the constructor',
      'import os\nfrom starlette.applications import Starlette\nfrom starlette.middleware import Middleware\nfrom starlette.middleware.trustedhost import TrustedHostMiddleware\napp = Starlette(middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["a.com"] + os.getenv("HOSTS", "").split())])\n',
      { source: 'environment', variable: 'HOSTS', separator: 'space', role: 'extra-hosts', default: [] },
    ],
    [
      'an app factory',
      'import os\nfrom fastapi import FastAPI\nfrom fastapi.middleware.trustedhost import TrustedHostMiddleware\ndef create_app():\n    app = FastAPI()\n    app.add_middleware(TrustedHostMiddleware, allowed_hosts=os.getenv("HOSTS", "*").split(","))\n    return app\n',
      { source: 'environment', variable: 'HOSTS', separator: 'comma', role: 'whole-list', default: ['*'] },
    ],
    [
      'wrapping by hand',
      `${starlette}app = TrustedHostMiddleware(app, allowed_hosts=["a.com"])\n`,
      { source: 'literal', default: ['a.com'] },
    ],
  ])('%s', (_title, text, expected) => {
    const found = read(text);
    expect(found?.framework).toBe('starlette');
    expect(found?.settings[0]).toMatchObject({ file: 'main.py', ...expected });
  });

  it('follows settings of pydantic in another module', () => {
    const config =
      'from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    allowed_hosts: list[str] = ["a.com"]\nsettings = Settings()\n';
    const text = `${starlette}from config import settings\napp.add_middleware(TrustedHostMiddleware, allowed_hosts=settings.allowed_hosts)\n`;
    expect(read(text, { 'config.py': config })?.settings[0]).toMatchObject({
      variable: 'ALLOWED_HOSTS',
      separator: 'json',
      role: 'whole-list',
      default: ['a.com'],
      line: 6,
    });
  });

  it('takes an app that sets a list only with the variable for one that admits all without it', () => {
    const text = `${starlette}hosts = [h for h in os.getenv("HOSTS", "").split(",") if h]\nif hosts:\n    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts)\n`;
    expect(read(text)?.settings[0]).toMatchObject({
      variable: 'HOSTS',
      separator: 'comma',
      role: 'whole-list',
      default: ['*'],
    });
  });

  it('follows the app into the function that adds the middleware', () => {
    const core =
      'import os\nfrom starlette.middleware.trustedhost import TrustedHostMiddleware\ndef setup(app):\n    if os.getenv("ENVIRONMENT", "dev") == "production":\n        app.add_middleware(TrustedHostMiddleware, allowed_hosts=os.environ["HOSTS"].split(","))\n';
    const text = 'from fastapi import FastAPI\nfrom web.security import setup\napp = FastAPI()\nsetup(app)\n';
    expect(read(text, { 'web/security.py': core })?.settings[0]).toMatchObject({
      file: 'web/security.py',
      line: 5,
      variable: 'HOSTS',
    });
  });

  it('does not know a list in code it cannot reach', () => {
    const text = `${starlette}def later(hosts):\n    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts)\n`;
    expect(read(text)?.settings[0]).toMatchObject({ source: 'unknown', variable: null });
  });

  it('finds no list where none is set, and says so', () => {
    const found = read(starlette);
    expect(found?.settings).toEqual([]);
    expect(found?.evidence.map(({ because }) => because).join()).toContain('every Host header is admitted');
  });
});

describe('Flask', () => {
  it.each([
    [
      'an assignment',
      `${flask}app.config["TRUSTED_HOSTS"] = os.environ.get("TRUSTED_HOSTS", "a.com").split(",")\n`,
      {
        source: 'environment',
        variable: 'TRUSTED_HOSTS',
        separator: 'comma',
        role: 'whole-list',
        default: ['a.com'],
      },
    ],
    [
      'update',
      `${flask}app.config.update(TRUSTED_HOSTS=["a.com"])\n`,
      { source: 'literal', default: ['a.com'] },
    ],
    [
      'from_prefixed_env',
      `${flask}app.config.from_prefixed_env()\n`,
      {
        source: 'environment',
        variable: 'FLASK_TRUSTED_HOSTS',
        separator: 'json',
        role: 'whole-list',
        default: ['*'],
      },
    ],
    [
      'from_object',
      `${flask}class Production:\n    TRUSTED_HOSTS = ["a.com"] + os.environ.get("HOSTS", "").split(",")\napp.config.from_object(Production)\n`,
      { source: 'environment', variable: 'HOSTS', separator: 'comma', role: 'extra-hosts' },
    ],
    [
      'a factory',
      'import os\nfrom flask import Flask\ndef create_app(name=None):\n    app = Flask(__name__)\n    app.config["TRUSTED_HOSTS"] = os.environ["HOSTS"].split(";")\n    return app\n',
      { source: 'environment', variable: 'HOSTS', separator: 'semicolon', default: null },
    ],
  ])('%s', (_title, text, expected) => {
    const found = read(text, {}, 'Flask>=3.1');
    expect(found?.framework).toBe('flask');
    expect(found?.settings[0]).toMatchObject(expected);
  });

  it('is told from the package of an app at the top', () => {
    const files = {
      'requirements.txt': '',
      'shop/__init__.py': 'from flask import Flask\ndef create_app():\n    return Flask(__name__)\n',
    };
    expect(readPythonFramework(snapshotOf(files))?.framework).toBe('flask');
  });

  it('is told from the code where no manifest names it, at the top only', () => {
    expect(readPythonFramework(snapshotOf({ 'application.py': flask }))?.framework).toBe('flask');
    expect(readPythonFramework(snapshotOf({ 'tools/mock.py': flask }))).toBeNull();
  });

  it('is not told from a package of a similar name', () => {
    expect(read('x = 1\n', {}, 'not-flask\nflaskish-thing')).toBeNull();
  });
});

describe('an app of another framework', () => {
  it('is none of Flask, though it requires that too', () => {
    const app = 'from pyramid.config import Configurator\napp = Configurator().make_wsgi_app()\n';
    expect(read(app, {}, 'pyramid==2.0\nflask>=2.0  # for the tests')).toBeNull();
    expect(read(flask, {}, 'pyramid==2.0\nflask>=2.0')).toMatchObject({ framework: 'flask' });
  });
});
