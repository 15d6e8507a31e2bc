import { type Idiom, os, variable, whole } from './idiom.ts';

export const plainReads: readonly Idiom[] = [
  variable(
    'environ[…].split',
    `${os}ALLOWED_HOSTS = os.environ["ALLOWED_HOSTS"].split(",")`,
    whole('comma', null),
  ),
  variable(
    'environ.get, default list',
    `${os}ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "a.com,b.com").split(",")`,
    whole('comma', ['a.com', 'b.com']),
  ),
  variable(
    'environ.get, empty default',
    `${os}ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "").split(",")`,
    whole('comma', []),
  ),
  variable(
    'environ.get, default by name',
    `${os}ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", default="a.com").split(",")`,
    whole('comma', ['a.com']),
    { unasked: 'Mapping.get takes default= only in some versions' },
  ),
  variable(
    'environ.get without default',
    `${os}ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS").split(",")`,
    whole('comma', null),
  ),
  variable(
    'getenv',
    `${os}ALLOWED_HOSTS = os.getenv("ALLOWED_HOSTS", "localhost").split(",")`,
    whole('comma', ['localhost']),
  ),
  variable(
    'getenv default by keyword',
    `${os}ALLOWED_HOSTS = os.getenv("ALLOWED_HOSTS", default="localhost").split(",")`,
    whole('comma', ['localhost']),
  ),
  variable(
    'from os import getenv',
    `from os import getenv\nALLOWED_HOSTS = getenv("DJANGO_ALLOWED_HOSTS", "a.com").split(",")`,
    ['DJANGO_ALLOWED_HOSTS', 'comma', 'whole-list', ['a.com']],
  ),
  variable(
    'from os import environ',
    `from os import environ\nALLOWED_HOSTS = environ.get("HOSTS", "").split(",")`,
    ['HOSTS', 'comma', 'whole-list', []],
  ),
  variable(
    'import os as',
    `import os as system\nALLOWED_HOSTS = system.environ["ALLOWED_HOSTS"].split(",")`,
    whole('comma', null),
  ),
  variable('split by blank', `${os}ALLOWED_HOSTS = os.environ.get("DJANGO_ALLOWED_HOSTS", "").split(" ")`, [
    'DJANGO_ALLOWED_HOSTS',
    'space',
    'whole-list',
    [],
  ]),
  variable(
    'split without argument',
    `${os}ALLOWED_HOSTS = os.environ.get("DJANGO_ALLOWED_HOSTS", "a.com b.com").split()`,
    ['DJANGO_ALLOWED_HOSTS', 'space', 'whole-list', ['a.com', 'b.com']],
  ),
  variable(
    'split by semicolon',
    `${os}ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "").split(";")`,
    whole('semicolon', []),
  ),
  variable(
    'split by comma and blank',
    `${os}ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "").split(", ")`,
    whole(null, []),
  ),
  variable(
    'split by pipe',
    `${os}ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "").split("|")`,
    whole(null, []),
  ),
  variable(
    'split by keyword',
    `${os}ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "").split(sep=",")`,
    whole('comma', []),
  ),
  variable(
    'on the next line',
    `${os}ALLOWED_HOSTS = os.environ.get(\n    "ALLOWED_HOSTS",\n    "a.com",\n).split(\n    ","\n)`,
    whole('comma', ['a.com']),
  ),
  variable(
    'continued by a backslash',
    `${os}ALLOWED_HOSTS = \\\n  os.environ["ALLOWED_HOSTS"] \\\n  .split(",")`,
    whole('comma', null),
  ),
  variable(
    'annotated',
    `${os}ALLOWED_HOSTS: list[str] = os.environ.get("ALLOWED_HOSTS", "").split(",")`,
    whole('comma', []),
  ),
  variable(
    'raw name first',
    `${os}hosts = os.environ.get("ALLOWED_HOSTS", "a.com")\nALLOWED_HOSTS = hosts.split(",")`,
    whole('comma', ['a.com']),
  ),
  variable(
    'raw text first, split in place',
    `${os}ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "a.com")\nALLOWED_HOSTS = ALLOWED_HOSTS.split(",")`,
    whole('comma', ['a.com']),
  ),
  variable(
    'name of the variable in a constant',
    `${os}KEY = "SITE_" + "HOSTS"\nALLOWED_HOSTS = os.environ.get(KEY, "").split(",")`,
    ['SITE_HOSTS', 'comma', 'whole-list', []],
  ),
  variable(
    'separator in a constant',
    `${os}SEP = ";"\nALLOWED_HOSTS = os.environ["ALLOWED_HOSTS"].split(SEP)`,
    whole('semicolon', null),
  ),
  variable(
    're.split',
    `${os}import re\nALLOWED_HOSTS = re.split(r"[,\\s]+", os.environ.get("ALLOWED_HOSTS", "a.com b.com"))`,
    whole('comma', ['a.com', 'b.com']),
  ),
  variable(
    're.split by semicolons',
    `${os}import re\nALLOWED_HOSTS = re.split(";", os.environ.get("ALLOWED_HOSTS", "a.com"))`,
    whole('semicolon', ['a.com']),
  ),
  variable(
    'splitlines after replace',
    `${os}ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "a.com").replace(",", "\\n").splitlines()`,
    whole('comma', ['a.com']),
  ),
  variable(
    'blanks removed first',
    `${os}ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "a.com, b.com").replace(" ", "").split(",")`,
    whole('comma', ['a.com', 'b.com']),
  ),
  variable(
    'lower and strip',
    `${os}ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", " A.com ").strip().lower().split(",")`,
    whole('comma', ['a.com']),
  ),
  variable(
    'quotes and brackets stripped',
    `${os}ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "").strip("[]").split(",")`,
    whole('comma', []),
  ),
];
