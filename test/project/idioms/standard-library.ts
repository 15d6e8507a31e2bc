import { decouple, fixed, type Idiom, os, variable, whole } from './idiom.ts';

const comma = whole('comma', ['a.com']);
const required = whole('comma', null);

/** Lists that pass through Python's own library, or through statements few settings use. */
export const standardLibrary: readonly Idiom[] = [
  variable(
    'an Enum of stages',
    `${os}from enum import Enum\nclass Stage(Enum):\n    DEV = "dev"\n    PROD = "prod"\nif Stage(os.environ.get("STAGE", "prod")) is Stage.PROD:\n    ALLOWED_HOSTS = os.environ["ALLOWED_HOSTS"].split(",")\nelse:\n    ALLOWED_HOSTS = ["*"]`,
    required,
  ),
  variable(
    'a Csv with a cast',
    'from decouple import config, Csv\nALLOWED_HOSTS = config("ALLOWED_HOSTS", default="A.com", cast=Csv(str.lower))',
    comma,
    decouple,
  ),
  variable(
    'a literal, or where that is a ValueError a split text: addresses without quotes are a SyntaxError',
    `${os}import ast, re\ntry:\n    ALLOWED_HOSTS = ast.literal_eval(os.getenv("ALLOWED_HOSTS"))\nexcept ValueError:\n    ALLOWED_HOSTS = ["a.com"] if os.getenv("ALLOWED_HOSTS") is None else re.split(r" *[,|:;] *", os.getenv("ALLOWED_HOSTS"))`,
    whole('json', ['a.com']),
  ),
  fixed(
    'code that stands elsewhere',
    'DEBUG = False\nINSTALLED_APPS = []\nexec(open("/etc/site/settings.py").read())',
    'unknown',
    null,
  ),
  fixed(
    'the address that ECS tells',
    `${os}import requests\nALLOWED_HOSTS = ["a.com"]\nuri = os.environ.get("ECS_CONTAINER_METADATA_URI_V4")\nif uri:\n    ALLOWED_HOSTS.append(requests.get(uri).json()["Networks"][0]["IPv4Addresses"][0])`,
    'metadata',
    ['a.com'],
  ),
];
