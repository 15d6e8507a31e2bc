import { describe, expect, it } from 'vitest';
import { readProject } from '../../src/project/read-project.ts';
import { snapshotOf } from '../support/snapshot.ts';

const main =
  'from fastapi import FastAPI\nfrom starlette.middleware.trustedhost import TrustedHostMiddleware\nfrom app.config import settings\napp = FastAPI()\napp.add_middleware(TrustedHostMiddleware, allowed_hosts=settings.ALLOWED_HOSTS)\n';
const imports =
  'import os\nfrom typing import Annotated, List, Optional, Union\nfrom pydantic import AliasChoices, BeforeValidator, Field, field_validator\nfrom pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict\n';
const body = 'class Settings(BaseSettings):\n    model_config = SettingsConfigDict(env_file=".env")\n';
const splits =
  '    @field_validator("ALLOWED_HOSTS", mode="before")\n    @classmethod\n    def parse(cls, v):\n        return [h.strip() for h in v.split(",")] if isinstance(v, str) else v\n';

const app = { 'requirements.txt': 'fastapi\npydantic-settings\nuvicorn\n', 'app/main.py': main };

function read(config: string, files: Readonly<Record<string, string>> = {}) {
  const config2 = { 'app/config.py': `${imports}${config}settings = Settings()\n` };
  const { framework, settings, findings } = readProject(snapshotOf({ ...app, ...config2, ...files }));
  return { framework, setting: settings[0], codes: findings.map(({ code }) => code) };
}

describe("the attribute ALLOWED_HOSTS of an ASGI app's class of settings", () => {
  const hosts = ['localhost', 'a.example'];
  const given = '["localhost", "a.example"]';
  it.each<[string, string, object?]>([
    [
      'Field and alias',
      `${body}    ALLOWED_HOSTS: List[str] = Field(default=${given}, alias="ALLOWED_HOSTS")\n`,
    ],
    [
      'a validator that never sees text which is no JSON',
      `${body}    ALLOWED_HOSTS: List[str] = Field(default=${given}, alias="ALLOWED_HOSTS")\n${splits}`,
    ],
    ['list', `${body}    ALLOWED_HOSTS: list[str] = ${given}\n`],
    ['a default factory', `${body}    ALLOWED_HOSTS: list[str] = Field(default_factory=lambda: ${given})\n`],
    ['no default', `${body}    ALLOWED_HOSTS: List[str]\n`, { default: null }],
    ['Optional', `${body}    ALLOWED_HOSTS: Optional[List[str]] = ${given}\n`],
    ['a union with None', `${body}    ALLOWED_HOSTS: list[str] | None = Field(${given})\n`],
    [
      'Optional, whose text is kept for the validator',
      `${body}    ALLOWED_HOSTS: Optional[List[str]] = ${given}\n${splits}`,
      { separator: 'comma' },
    ],
    [
      'a union with text, and a validator',
      `${body}    ALLOWED_HOSTS: Union[str, List[str]] = ${given}\n${splits}`,
      { separator: 'comma' },
    ],
    [
      'NoDecode and a validator',
      `${body}    ALLOWED_HOSTS: Annotated[list[str], NoDecode] = ${given}\n${splits}`,
      { separator: 'comma' },
    ],
    [
      'validation_alias',
      `${body}    ALLOWED_HOSTS: list[str] = Field(${given}, validation_alias="WEB_HOSTS")\n`,
      { variable: 'WEB_HOSTS' },
    ],
    [
      'AliasChoices',
      `${body}    ALLOWED_HOSTS: list[str] = Field(${given}, validation_alias=AliasChoices("WEB_HOSTS", "HOSTS"))\n`,
      { variable: 'WEB_HOSTS' },
    ],
    [
      'a prefix',
      `class Settings(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix="APP_")\n    ALLOWED_HOSTS: list[str] = ${given}\n`,
      { variable: 'APP_ALLOWED_HOSTS' },
    ],
    [
      'an alias, which takes no prefix',
      `class Settings(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix="APP_")\n    ALLOWED_HOSTS: list[str] = Field(${given}, alias="HOSTS")\n`,
      { variable: 'HOSTS' },
    ],
    [
      'a class above',
      `class Base(BaseSettings):\n    ALLOWED_HOSTS: list[str] = ${given}\nclass Settings(Base):\n    X: int = 1\n`,
    ],
    [
      'a plain class',
      'class Settings:\n    ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "localhost,a.example").split(",")\n',
      { separator: 'comma' },
    ],
    [
      'a plain class, annotated',
      'class Settings:\n    ALLOWED_HOSTS: List[str] = os.environ.get("ALLOWED_HOSTS", "").split(",")\n',
      { separator: 'comma', default: [] },
    ],
  ])('%s', (_title, config, expected = {}) => {
    const { framework, setting, codes } = read(config);
    expect(framework).toBe('starlette');
    expect(setting).toMatchObject({
      file: 'app/main.py',
      line: 5,
      source: 'environment',
      variable: 'ALLOWED_HOSTS',
      separator: 'json',
      role: 'whole-list',
      default: hosts,
      ...expected,
    });
    expect(codes).not.toContain('hosts-empty');
    expect(codes).not.toContain('settings-module-guessed');
  });

  it('is read from settings that a function returns', () => {
    const config = `${imports}from functools import lru_cache\n${body}    ALLOWED_HOSTS: List[str] = ${given}\n@lru_cache\ndef get_settings():\n    return Settings()\nsettings = get_settings()\n`;
    expect(read('', { 'app/config.py': config })).toMatchObject({
      framework: 'starlette',
      setting: { variable: 'ALLOWED_HOSTS', separator: 'json' },
    });
  });

  it.each<[string, Record<string, string>]>([
    ['pyproject.toml', { 'pyproject.toml': '[project]\ndependencies = ["uvicorn", "fastapi>=0.110"]\n' }],
    ['setup.py', { 'setup.py': 'setup(install_requires=["fastapi", "uvicorn"])\n' }],
  ])('is found where %s requires the framework on one line with others', (_title, files) => {
    const config = `${body}    ALLOWED_HOSTS: List[str] = ${given}\n`;
    expect(read(config, { 'requirements.txt': '', ...files })).toMatchObject({
      framework: 'starlette',
      setting: { variable: 'ALLOWED_HOSTS', separator: 'json' },
    });
  });

  it('is a literal list where nothing reads the environment', () => {
    expect(read(`class Settings:\n    ALLOWED_HOSTS = ${given}\n`)).toMatchObject({
      framework: 'starlette',
      setting: { source: 'literal', variable: null, default: hosts },
    });
  });
});

describe('what is called ALLOWED_HOSTS and is not Django', () => {
  it('is a name of a module of an ASGI app', () => {
    const files = {
      'app/config.py': 'import os\nALLOWED_HOSTS = os.environ["HOSTS"].split(" ")\n',
      'app/main.py': main.replace('import settings', 'import ALLOWED_HOSTS').replace('settings.A', 'A'),
    };
    expect(read('', files)).toMatchObject({
      framework: 'starlette',
      setting: { file: 'app/main.py', variable: 'HOSTS', separator: 'space' },
    });
  });

  it('is an attribute of an app that uses no host list, or no framework that is known', () => {
    const config = `${body}    ALLOWED_HOSTS: list[str] = ["a.com"]\n`;
    const open = 'from fastapi import FastAPI\napp = FastAPI()\n';
    expect(read(config, { 'app/main.py': open })).toMatchObject({
      framework: 'starlette',
      setting: undefined,
    });
    const bare = { 'app/main.py': 'from sanic import Sanic\napp = Sanic()\n', 'requirements.txt': 'sanic\n' };
    expect(read(config, bare)).toMatchObject({ framework: 'generic', setting: undefined });
  });

  it('is an attribute in a Flask app', () => {
    const files = {
      'app/main.py': 'from flask import Flask\napp = Flask(__name__)\n',
      'requirements.txt': 'flask\n',
    };
    expect(read('class Settings:\n    ALLOWED_HOSTS = []\n', files).framework).toBe('flask');
  });

  it.each<[string, Record<string, string>]>([
    [
      'manage.py',
      { 'manage.py': 'import os\nfrom django.core.management import execute_from_command_line\n' },
    ],
    ['a manifest', { 'requirements.txt': 'fastapi\nDjango>=4\n' }],
    [
      'pyproject.toml',
      { 'pyproject.toml': '[project]\ndependencies = [\n  "django[argon2]~=5.0",\n  "fastapi",\n]\n' },
    ],
    ['a Pipfile', { Pipfile: '[packages]\ndjango = "*"\n' }],
    ['the installed apps', { 'site/settings.py': 'ALLOWED_HOSTS = ["a.com"]\nINSTALLED_APPS = []\n' }],
    [
      'a name of the deployment',
      {
        '.ebextensions/a.config':
          'option_settings:\n  aws:elasticbeanstalk:application:environment:\n    DJANGO_SETTINGS_MODULE: site.settings\n',
      },
    ],
  ])('stays Django where %s tells so', (_title, files) => {
    const settings = { 'site/settings.py': 'ALLOWED_HOSTS = ["a.com"]\n' };
    expect(readProject(snapshotOf({ ...app, ...settings, ...files })).framework).toBe('django');
  });
});
