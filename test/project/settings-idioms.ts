import type { HostsSource, Role, Separator } from '../../src/project/project.ts';

/** A way to fill ALLOWED_HOSTS that real projects use, and what it comes to. */
export interface Idiom {
  readonly title: string;
  readonly text: string;
  readonly source: HostsSource;
  readonly variable: string | null;
  readonly separator: Separator | null;
  readonly role: Role | null;
  readonly default: readonly string[] | null;
  /** Python modules it imports, or import statements; real Python runs it only where they are installed. */
  readonly needs: readonly string[];
  /** What production sets besides. */
  readonly environment: Readonly<Record<string, string>>;
  /** Why real Python is not asked. */
  readonly unasked: string | null;
}

interface Extras {
  readonly needs?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly unasked?: string;
}

type Expected = readonly [string, Separator | null, Role, readonly string[] | null];

function variable(
  title: string,
  text: string,
  [name, separator, role, hosts]: Expected,
  extras: Extras = {},
): Idiom {
  return {
    ...{ title, text, source: 'environment', variable: name, separator, role, default: hosts },
    ...{ needs: [], environment: {}, unasked: null },
    ...extras,
  };
}

function fixed(title: string, text: string, source: HostsSource, hosts: readonly string[] | null): Idiom {
  return {
    ...{ title, text, source, variable: null, separator: null, role: null, default: hosts },
    ...{ needs: [], environment: {}, unasked: 'no variable' },
  };
}

const os = 'import os\n';
const decouple = { needs: ['decouple'] };
const environ = { needs: ['environ'] };
const pydantic1 = { needs: ['from pydantic import BaseSettings'] };
const noLibrary = (name: string) => ({ unasked: `${name} is not packaged by Debian` });
const whole = (separator: Separator | null, hosts: readonly string[] | null): Expected => [
  'ALLOWED_HOSTS',
  separator,
  'whole-list',
  hosts,
];
const extra = (separator: Separator | null, hosts: readonly string[] | null): Expected => [
  'ALLOWED_HOSTS',
  separator,
  'extra-hosts',
  hosts,
];

const plainReads: Idiom[] = [
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
    're.findall',
    `${os}import re\nALLOWED_HOSTS = re.findall(r"[^,]+", os.environ.get("ALLOWED_HOSTS", ""))`,
    whole('comma', []),
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

const comprehensions: Idiom[] = [
  variable(
    'strip comprehension',
    `${os}ALLOWED_HOSTS = [h.strip() for h in os.environ.get("ALLOWED_HOSTS", "a.com, b.com").split(",")]`,
    whole('comma', ['a.com', 'b.com']),
  ),
  variable(
    'strip and filter comprehension',
    `${os}ALLOWED_HOSTS = [h.strip() for h in os.environ.get("ALLOWED_HOSTS", "").split(",") if h.strip()]`,
    whole('comma', []),
  ),
  variable(
    'filter comprehension',
    `${os}ALLOWED_HOSTS = [h for h in os.getenv("ALLOWED_HOSTS", "").split(" ") if h]`,
    whole('space', []),
  ),
  variable(
    'filter(None, …)',
    `${os}ALLOWED_HOSTS = list(filter(None, os.environ.get("ALLOWED_HOSTS", "").split(",")))`,
    whole('comma', []),
  ),
  variable(
    'filter(bool, …)',
    `${os}ALLOWED_HOSTS = list(filter(bool, os.environ.get("ALLOWED_HOSTS", "a.com").split(",")))`,
    whole('comma', ['a.com']),
  ),
  variable(
    'map(str.strip, …)',
    `${os}ALLOWED_HOSTS = list(map(str.strip, os.environ.get("ALLOWED_HOSTS", "a.com, b.com").split(",")))`,
    whole('comma', ['a.com', 'b.com']),
  ),
  variable(
    'map of a lambda',
    `${os}ALLOWED_HOSTS = list(map(lambda h: h.strip(), os.environ["ALLOWED_HOSTS"].split(",")))`,
    whole('comma', null),
  ),
  variable(
    'filter of a map',
    `${os}ALLOWED_HOSTS = list(filter(None, map(str.strip, os.environ.get("ALLOWED_HOSTS", "").split(","))))`,
    whole('comma', []),
  ),
  variable(
    'walrus in the condition',
    `${os}ALLOWED_HOSTS = [s for h in os.environ.get("ALLOWED_HOSTS", "").split(",") if (s := h.strip())]`,
    whole('comma', []),
  ),
  variable(
    'starred split',
    `${os}ALLOWED_HOSTS = [*os.environ.get("ALLOWED_HOSTS", "a.com").split(",")]`,
    whole('comma', ['a.com']),
  ),
  variable(
    'tuple of a generator',
    `${os}ALLOWED_HOSTS = tuple(h for h in os.environ.get("ALLOWED_HOSTS", "").split(",") if h)`,
    whole('comma', []),
  ),
  variable(
    'sorted set',
    `${os}ALLOWED_HOSTS = sorted(set(os.environ.get("ALLOWED_HOSTS", "b.com,a.com").split(",")))`,
    whole('comma', ['a.com', 'b.com']),
  ),
  variable(
    'loop with append',
    `${os}ALLOWED_HOSTS = []\nfor host in os.environ.get("ALLOWED_HOSTS", "a.com").split(","):\n    ALLOWED_HOSTS.append(host.strip())`,
    whole('comma', ['a.com']),
  ),
  variable(
    'nested comprehension',
    `${os}ALLOWED_HOSTS = [h for part in os.environ.get("ALLOWED_HOSTS", "").split(";") for h in [part.strip()] if h]`,
    whole('semicolon', []),
  ),
  variable(
    'dict of settings',
    `${os}CONFIG = {"hosts": os.environ.get("ALLOWED_HOSTS", "a.com").split(",")}\nALLOWED_HOSTS = CONFIG["hosts"]`,
    whole('comma', ['a.com']),
  ),
];

const fallbacks: Idiom[] = [
  variable(
    'or with a literal list',
    `${os}ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "").split() or ["a.com"]`,
    whole('space', ['a.com']),
  ),
  variable(
    'or that is dead code',
    `${os}ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "").split(",") or ["a.com"]`,
    whole('comma', []),
  ),
  variable(
    'or with a text',
    `${os}ALLOWED_HOSTS = (os.environ.get("ALLOWED_HOSTS") or "a.com,b.com").split(",")`,
    whole('comma', ['a.com', 'b.com']),
  ),
  variable(
    'ternary on the variable',
    `${os}ALLOWED_HOSTS = os.environ["ALLOWED_HOSTS"].split(",") if "ALLOWED_HOSTS" in os.environ else ["a.com"]`,
    whole('comma', ['a.com']),
  ),
  variable(
    'ternary on its value',
    `${os}H = os.environ.get("ALLOWED_HOSTS")\nALLOWED_HOSTS = H.split(",") if H else []`,
    whole('comma', []),
  ),
  variable(
    'ternary on is None',
    `${os}H = os.environ.get("ALLOWED_HOSTS")\nALLOWED_HOSTS = ["*"] if H is None else H.split(",")`,
    whole('comma', ['*']),
  ),
  variable(
    'default wildcard',
    `${os}ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "*").split(",")`,
    whole('comma', ['*']),
  ),
  variable(
    'if the variable is set',
    `${os}ALLOWED_HOSTS = ["a.com"]\nif os.environ.get("ALLOWED_HOSTS"):\n    ALLOWED_HOSTS = os.environ["ALLOWED_HOSTS"].split(",")`,
    whole('comma', ['a.com']),
  ),
  variable(
    'if the variable is in environ',
    `${os}if "ALLOWED_HOSTS" in os.environ:\n    ALLOWED_HOSTS = os.environ["ALLOWED_HOSTS"].split(",")\nelse:\n    ALLOWED_HOSTS = ["a.com"]`,
    whole('comma', ['a.com']),
  ),
  variable(
    'walrus in if',
    `${os}ALLOWED_HOSTS = []\nif hosts := os.environ.get("ALLOWED_HOSTS"):\n    ALLOWED_HOSTS = hosts.split(",")`,
    whole('comma', []),
  ),
  variable(
    'try and except KeyError',
    `${os}try:\n    ALLOWED_HOSTS = os.environ["ALLOWED_HOSTS"].split(",")\nexcept KeyError:\n    ALLOWED_HOSTS = ["a.com"]`,
    whole('comma', ['a.com']),
  ),
  variable(
    'try and bare except',
    `${os}try:\n    ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS").split(",")\nexcept:\n    ALLOWED_HOSTS = []`,
    whole('comma', []),
  ),
  variable(
    'nested get',
    `${os}ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", os.environ.get("HOSTNAMES", "a.com")).split(",")`,
    whole('comma', ['a.com']),
  ),
  variable(
    'two variables by or',
    `${os}ALLOWED_HOSTS = (os.getenv("ALLOWED_HOSTS") or os.getenv("HOST_NAMES") or "a.com").split(",")`,
    whole('comma', ['a.com']),
  ),
  variable(
    'if not DEBUG',
    `${os}DEBUG = os.environ.get("DEBUG", "True") == "True"\nALLOWED_HOSTS = ["*"]\nif not DEBUG:\n    ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "a.com").split(",")`,
    whole('comma', ['a.com']),
    { environment: { DEBUG: 'False' } },
  ),
  variable(
    'else of if DEBUG',
    `${os}DEBUG = os.environ.get("DJANGO_DEBUG", "") != "False"\nif DEBUG:\n    ALLOWED_HOSTS = ["localhost"]\nelse:\n    ALLOWED_HOSTS = os.environ["ALLOWED_HOSTS"].split(",")`,
    whole('comma', null),
    { environment: { DJANGO_DEBUG: 'False' } },
  ),
  variable(
    'ternary on DEBUG',
    `${os}DEBUG = bool(int(os.environ.get("DEBUG", 1)))\nALLOWED_HOSTS = ["*"] if DEBUG else os.environ.get("ALLOWED_HOSTS", "").split(",")`,
    whole('comma', []),
    { environment: { DEBUG: '0' } },
  ),
  variable(
    'DEBUG left on in the file',
    `${os}DEBUG = True\nif DEBUG:\n    ALLOWED_HOSTS = []\nelse:\n    ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "").split(",")`,
    whole('comma', []),
    { unasked: 'production is assumed to turn it off' },
  ),
  variable(
    'by the name of the stage',
    `${os}ENV = os.environ.get("ENVIRONMENT", "dev")\nif ENV == "production":\n    ALLOWED_HOSTS = os.environ["ALLOWED_HOSTS"].split(",")\nelse:\n    ALLOWED_HOSTS = ["*"]`,
    whole('comma', null),
    { environment: { ENVIRONMENT: 'production' } },
  ),
  variable(
    'by several names of the stage',
    `${os}if os.environ.get("DJANGO_ENV", "dev").lower() in ("dev", "local"):\n    ALLOWED_HOSTS = ["*"]\nelif os.environ.get("DJANGO_ENV", "dev").lower() == "staging":\n    ALLOWED_HOSTS = ["s.com"]\nelse:\n    ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "").split(",")`,
    whole('comma', []),
    { environment: { DJANGO_ENV: 'prod' } },
  ),
  variable(
    'by a dictionary of stages',
    `${os}ALLOWED_HOSTS = {"dev": ["*"], "production": os.environ.get("ALLOWED_HOSTS", "a.com").split(",")}[os.environ.get("ENV", "dev")]`,
    whole('comma', ['a.com']),
    { environment: { ENV: 'production' } },
  ),
  variable(
    'if on Elastic Beanstalk',
    `${os}if "RDS_HOSTNAME" in os.environ:\n    ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "").split(",")\nelse:\n    ALLOWED_HOSTS = ["*"]`,
    whole('comma', []),
    { environment: { RDS_HOSTNAME: 'db' } },
  ),
  variable(
    'if a switch of production is on',
    `${os}PRODUCTION = os.environ.get("PRODUCTION", "false").lower() == "true"\nif PRODUCTION:\n    ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "").split(",")\nelse:\n    ALLOWED_HOSTS = ["*"]`,
    whole('comma', []),
    { environment: { PRODUCTION: 'true' } },
  ),
  variable(
    'on a condition nothing is known of',
    `${os}import socket\nif socket.gethostname().endswith(".local"):\n    ALLOWED_HOSTS = ["*"]\nelse:\n    ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "").split(",")`,
    whole('comma', []),
  ),
  variable(
    'skipped in tests',
    `${os}import sys\nALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "a.com").split(",")\nif "test" in sys.argv:\n    ALLOWED_HOSTS = ["testserver"]`,
    whole('comma', ['a.com']),
  ),
];

const combined: Idiom[] = [
  variable(
    'literal + split',
    `${os}ALLOWED_HOSTS = ["a.com"] + os.environ.get("ALLOWED_HOSTS", "").split(",")`,
    extra('comma', []),
  ),
  variable(
    'split + literal',
    `${os}ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "b.com").split(",") + ["a.com"]`,
    extra('comma', ['b.com']),
  ),
  variable(
    '+= a split',
    `${os}ALLOWED_HOSTS = ["a.com"]\nALLOWED_HOSTS += os.environ.get("EXTRA_HOSTS", "").split(",")`,
    ['EXTRA_HOSTS', 'comma', 'extra-hosts', []],
  ),
  variable(
    'extend by a split',
    `${os}ALLOWED_HOSTS = ["a.com"]\nALLOWED_HOSTS.extend(os.environ.get("EXTRA_HOSTS", "").split(","))`,
    ['EXTRA_HOSTS', 'comma', 'extra-hosts', []],
  ),
  variable(
    'extend by filter',
    `${os}ALLOWED_HOSTS = []\nALLOWED_HOSTS.extend(filter(None, os.environ.get("ALLOWED_HOSTS", "").split(",")))`,
    whole('comma', []),
  ),
  variable(
    'starred beside literals',
    `${os}ALLOWED_HOSTS = ["a.com", *os.environ.get("ALLOWED_HOSTS", "").split()]`,
    extra('space', []),
  ),
  variable(
    'local names added',
    `${os}ALLOWED_HOSTS = os.environ["ALLOWED_HOSTS"].split(",")\nALLOWED_HOSTS += ["localhost", "127.0.0.1"]`,
    extra('comma', null),
  ),
  variable(
    'insert at the front',
    `${os}ALLOWED_HOSTS = ["a.com"]\nALLOWED_HOSTS.insert(0, os.environ.get("EB_HOST", "localhost"))`,
    ['EB_HOST', 'none', 'extra-hosts', ['localhost']],
  ),
  variable('scalar beside literals', `${os}ALLOWED_HOSTS = [os.environ.get("EC2_IP"), "a.com"]`, [
    'EC2_IP',
    'none',
    'extra-hosts',
    [],
  ]),
  variable('scalar alone', `${os}ALLOWED_HOSTS = [os.environ.get("HOST_NAME", "a.com")]`, [
    'HOST_NAME',
    'none',
    'whole-list',
    ['a.com'],
  ]),
  variable(
    'scalar appended if set',
    `${os}ALLOWED_HOSTS = ["a.com"]\nif "PRIVATE_IP" in os.environ:\n    ALLOWED_HOSTS.append(os.environ["PRIVATE_IP"])`,
    ['PRIVATE_IP', 'none', 'extra-hosts', []],
  ),
  variable(
    'a domain in two forms',
    `${os}DOMAIN = os.environ.get("DOMAIN", "a.com")\nALLOWED_HOSTS = [DOMAIN, "www." + DOMAIN]`,
    ['DOMAIN', null, 'whole-list', ['a.com', 'www.a.com']],
  ),
  variable(
    'a domain and a list',
    `${os}ALLOWED_HOSTS = [os.environ.get("DOMAIN", "a.com")] + os.environ.get("EXTRA_HOSTS", "").split(",")`,
    ['EXTRA_HOSTS', 'comma', 'extra-hosts', []],
  ),
  variable(
    'set union',
    `${os}ALLOWED_HOSTS = list({"a.com"} | set(os.environ.get("ALLOWED_HOSTS", "").split(",")))`,
    extra('comma', []),
  ),
  variable(
    'itertools.chain',
    `${os}import itertools\nALLOWED_HOSTS = list(itertools.chain(["a.com"], os.environ.get("ALLOWED_HOSTS", "").split(",")))`,
    extra('comma', []),
  ),
  variable(
    'tuples',
    `${os}ALLOWED_HOSTS = ("a.com",) + tuple(os.environ.get("ALLOWED_HOSTS", "").split(","))`,
    extra('comma', []),
  ),
  variable(
    'reassigned later',
    `${os}ALLOWED_HOSTS = ["*"]\nALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "").split(",")`,
    whole('comma', []),
  ),
  variable(
    'twice the same list',
    `${os}A = ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "").split(",")\nA.append("a.com")`,
    extra('comma', []),
  ),
  variable(
    'a neighbour with the same idiom',
    `${os}CSRF_TRUSTED_ORIGINS = os.environ.get("CSRF_HOSTS", "").split(",")\nALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "").split(",")\nCORS_ALLOWED_ORIGINS = os.environ.get("CORS_HOSTS", "").split(",")`,
    whole('comma', []),
  ),
  variable(
    'a commented-out decoy',
    `${os}# ALLOWED_HOSTS = os.environ.get("OLD_HOSTS").split(";")\nALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "").split(",")\n# ALLOWED_HOSTS = ["*"]`,
    whole('comma', []),
  ),
  variable(
    'a decoy in a docstring',
    `"""\nALLOWED_HOSTS = ["*"]\n"""\n${os}ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "").split(",")`,
    whole('comma', []),
  ),
  variable(
    'a prefixed wildcard domain kept',
    `${os}ALLOWED_HOSTS = [".a.com"] + os.environ.get("ALLOWED_HOSTS", "").split(",")`,
    extra('comma', []),
  ),
];

const functions: Idiom[] = [
  variable(
    'a function around the read',
    `${os}def env_list(name, default=""):\n    return [x.strip() for x in os.environ.get(name, default).split(",") if x.strip()]\nALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "a.com")`,
    whole('comma', ['a.com']),
  ),
  variable(
    'a function that insists',
    `${os}def must(name):\n    try:\n        return os.environ[name]\n    except KeyError:\n        raise RuntimeError("set " + name)\nALLOWED_HOSTS = must("ALLOWED_HOSTS").split(",")`,
    whole('comma', null),
  ),
  variable(
    'a function that strips quotes',
    `${os}def get(name, default=None):\n    value = os.environ.get(name)\n    if value is None:\n        return default\n    return value.strip('"').strip("'")\nALLOWED_HOSTS = get("ALLOWED_HOSTS", "a.com").split(",")`,
    whole('comma', ['a.com']),
  ),
  variable(
    'a lambda',
    `${os}split = lambda text: [h for h in text.split(",") if h]\nALLOWED_HOSTS = split(os.environ.get("ALLOWED_HOSTS", ""))`,
    whole('comma', []),
  ),
  variable(
    'a generator of a helper class',
    `${os}class Env:\n    def __init__(self, prefix):\n        self.prefix = prefix\n    def list(self, name):\n        return os.environ.get(self.prefix + name, "").split(",")\nALLOWED_HOSTS = Env("APP_").list("HOSTS")`,
    ['APP_HOSTS', 'comma', 'whole-list', []],
  ),
  variable(
    'class attributes',
    `${os}class Config:\n    hosts = os.environ.get("ALLOWED_HOSTS", "a.com").split(",")\nALLOWED_HOSTS = Config.hosts`,
    whole('comma', ['a.com']),
  ),
  variable(
    'a function with *args',
    `${os}def env(*names, default=""):\n    for name in names:\n        if name in os.environ:\n            return os.environ[name]\n    return default\nALLOWED_HOSTS = env("ALLOWED_HOSTS", "HOSTS", default="a.com").split(",")`,
    whole('comma', ['a.com']),
  ),
  variable(
    'partial application',
    `${os}def reader(separator):\n    def read(name):\n        return os.environ.get(name, "").split(separator)\n    return read\nALLOWED_HOSTS = reader(";")("ALLOWED_HOSTS")`,
    whole('semicolon', []),
  ),
  variable(
    'a global changed by a function',
    `${os}ALLOWED_HOSTS = ["a.com"]\ndef add():\n    global ALLOWED_HOSTS\n    ALLOWED_HOSTS = ALLOWED_HOSTS + os.environ.get("MORE_HOSTS", "").split(",")\nadd()`,
    ['MORE_HOSTS', 'comma', 'extra-hosts', []],
  ),
  variable(
    'an f-string name',
    `${os}PREFIX = "APP"\nALLOWED_HOSTS = os.environ.get(f"{PREFIX}_HOSTS", "").split(",")`,
    ['APP_HOSTS', 'comma', 'whole-list', []],
  ),
  variable(
    'type conversion by isinstance',
    `${os}ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", ["a.com"])\nif isinstance(ALLOWED_HOSTS, str):\n    ALLOWED_HOSTS = ALLOWED_HOSTS.split(",")`,
    whole('comma', ['a.com']),
  ),
];

const structured: Idiom[] = [
  variable(
    'json.loads',
    `import json, os\nALLOWED_HOSTS = json.loads(os.environ["ALLOWED_HOSTS"])`,
    whole('json', null),
  ),
  variable(
    'json.loads with default',
    `import json, os\nALLOWED_HOSTS = json.loads(os.environ.get("ALLOWED_HOSTS", '["a.com"]'))`,
    whole('json', ['a.com']),
  ),
  variable(
    'ast.literal_eval',
    `import ast, os\nALLOWED_HOSTS = ast.literal_eval(os.environ.get("ALLOWED_HOSTS", "['a.com']"))`,
    whole('json', ['a.com']),
  ),
  variable('eval', `${os}ALLOWED_HOSTS = eval(os.environ.get("ALLOWED_HOSTS", "[]"))`, whole('json', [])),
  variable(
    'JSON, else comma',
    `import json, os\nraw = os.environ.get("ALLOWED_HOSTS", "a.com")\ntry:\n    ALLOWED_HOSTS = json.loads(raw)\nexcept ValueError:\n    ALLOWED_HOSTS = raw.split(",")`,
    whole('comma', ['a.com']),
  ),
  variable(
    'a key of one JSON variable',
    `import json, os\nALLOWED_HOSTS = ["a.com"] + json.loads(os.environ.get("HOSTS_JSON", "[]"))`,
    ['HOSTS_JSON', 'json', 'extra-hosts', []],
  ),
  variable(
    'csv.reader',
    `import csv, os\nALLOWED_HOSTS = list(csv.reader([os.environ.get("ALLOWED_HOSTS", "a.com")]))[0]`,
    whole('comma', ['a.com']),
  ),
];

const environIdioms: Idiom[] = [
  variable(
    'env.list',
    `import environ\nenv = environ.Env()\nALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])`,
    whole('comma', []),
    environ,
  ),
  variable(
    'env.list, required',
    `import environ\nenv = environ.Env()\nALLOWED_HOSTS = env.list("ALLOWED_HOSTS")`,
    whole('comma', null),
    environ,
  ),
  variable(
    'env.list, default hosts',
    `from environ import Env\nenv = Env()\nALLOWED_HOSTS = env.list("DJANGO_ALLOWED_HOSTS", default=["a.com", "b.com"])`,
    ['DJANGO_ALLOWED_HOSTS', 'comma', 'whole-list', ['a.com', 'b.com']],
    environ,
  ),
  variable(
    'env with a cast',
    `import environ\nenv = environ.Env()\nALLOWED_HOSTS = env("ALLOWED_HOSTS", cast=list, default=["a.com"])`,
    whole('comma', ['a.com']),
    environ,
  ),
  variable(
    'env with a smart default',
    `import environ\nenv = environ.Env()\nALLOWED_HOSTS = env("ALLOWED_HOSTS", default=["a.com"])`,
    whole('comma', ['a.com']),
    { unasked: 'django-environ has it since 0.10' },
  ),
  variable(
    'the scheme',
    `import environ\nenv = environ.Env(DEBUG=(bool, False), ALLOWED_HOSTS=(list, ["a.com"]))\nALLOWED_HOSTS = env("ALLOWED_HOSTS")`,
    whole('comma', ['a.com']),
    environ,
  ),
  variable(
    'the scheme without default',
    `import environ\nenv = environ.Env(ALLOWED_HOSTS=list)\nALLOWED_HOSTS = env("ALLOWED_HOSTS")`,
    whole('comma', null),
    environ,
  ),
  variable(
    'env split by hand',
    `import environ\nenv = environ.Env()\nALLOWED_HOSTS = env("ALLOWED_HOSTS", default="a.com b.com").split(" ")`,
    whole('space', ['a.com', 'b.com']),
    environ,
  ),
  variable(
    'env.str split by hand',
    `import environ\nenv = environ.Env()\nALLOWED_HOSTS = env.str("ALLOWED_HOSTS", default="").split(",")`,
    whole('comma', []),
    environ,
  ),
  variable(
    'env.json',
    `import environ\nenv = environ.Env()\nALLOWED_HOSTS = env.json("ALLOWED_HOSTS", default=["a.com"])`,
    whole('json', ['a.com']),
    environ,
  ),
  variable(
    'env.tuple',
    `import environ\nenv = environ.Env()\nALLOWED_HOSTS = env.tuple("ALLOWED_HOSTS", default=("a.com",))`,
    whole('comma', ['a.com']),
    environ,
  ),
  variable(
    'literal + env.list',
    `import environ\nenv = environ.Env()\nALLOWED_HOSTS = ["a.com"] + env.list("ALLOWED_HOSTS", default=[])`,
    extra('comma', []),
    environ,
  ),
  variable(
    'a scalar of env',
    `import environ\nenv = environ.Env()\nALLOWED_HOSTS = ["a.com", env("HOST_IP", default="localhost")]`,
    ['HOST_IP', 'none', 'extra-hosts', ['localhost']],
    environ,
  ),
];

const libraries: Idiom[] = [
  variable(
    'decouple Csv',
    `from decouple import config, Csv\nALLOWED_HOSTS = config("ALLOWED_HOSTS", cast=Csv())`,
    whole('comma', null),
    decouple,
  ),
  variable(
    'decouple Csv with default',
    `from decouple import Csv, config\nALLOWED_HOSTS = config("ALLOWED_HOSTS", default="a.com, b.com", cast=Csv())`,
    whole('comma', ['a.com', 'b.com']),
    decouple,
  ),
  variable(
    'decouple Csv by blank',
    `from decouple import config, Csv\nALLOWED_HOSTS = config("ALLOWED_HOSTS", default="", cast=Csv(delimiter=" "))`,
    whole('space', []),
    decouple,
  ),
  variable(
    'decouple Csv by semicolon',
    `from decouple import config, Csv\nALLOWED_HOSTS = config("ALLOWED_HOSTS", default="a.com", cast=Csv(str, ";"))`,
    whole('semicolon', ['a.com']),
    decouple,
  ),
  variable(
    'decouple Csv to a tuple',
    `from decouple import config, Csv\nALLOWED_HOSTS = config("ALLOWED_HOSTS", default="a.com", cast=Csv(post_process=tuple))`,
    whole('comma', ['a.com']),
    decouple,
  ),
  variable(
    'decouple lambda',
    `from decouple import config\nALLOWED_HOSTS = config("ALLOWED_HOSTS", default="a.com", cast=lambda v: [s.strip() for s in v.split(",")])`,
    whole('comma', ['a.com']),
    decouple,
  ),
  variable(
    'decouple split by hand',
    `from decouple import config\nALLOWED_HOSTS = config("ALLOWED_HOSTS", default="").split(",")`,
    whole('comma', []),
    decouple,
  ),
  variable(
    'decouple own configuration object',
    `from decouple import Config, RepositoryEnv, AutoConfig\nconfig = AutoConfig(search_path="/nonexistent")\nALLOWED_HOSTS = config("ALLOWED_HOSTS", default="a.com").split(",")`,
    whole('comma', ['a.com']),
    decouple,
  ),
  variable(
    'decouple inside a literal',
    `from decouple import config\nALLOWED_HOSTS = ["a.com", config("EC2_HOST", default="b.com")]`,
    ['EC2_HOST', 'none', 'extra-hosts', ['b.com']],
    decouple,
  ),
  variable(
    'environs list',
    `from environs import Env\nenv = Env()\nenv.read_env()\nALLOWED_HOSTS = env.list("ALLOWED_HOSTS", [])`,
    whole('comma', []),
    noLibrary('environs'),
  ),
  variable(
    'environs delimiter',
    `from environs import Env\nenv = Env()\nALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["a.com"], delimiter=" ", subcast=str)`,
    whole('space', ['a.com']),
    noLibrary('environs'),
  ),
  variable(
    'environs prefixed',
    `from environs import Env\nenv = Env()\nwith env.prefixed("DJANGO_"):\n    ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")`,
    ['DJANGO_ALLOWED_HOSTS', 'comma', 'whole-list', null],
    noLibrary('environs'),
  ),
  variable(
    'environs singleton',
    `from environs import env\nALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])`,
    whole('comma', []),
    noLibrary('environs'),
  ),
  variable(
    'pydantic 1 list',
    `from typing import List\nfrom pydantic import BaseSettings\nclass Settings(BaseSettings):\n    allowed_hosts: List[str] = ["a.com"]\nALLOWED_HOSTS = Settings().allowed_hosts`,
    whole('json', ['a.com']),
    pydantic1,
  ),
  variable(
    'pydantic 1 with a prefix',
    `from typing import List\nfrom pydantic import BaseSettings\nclass Settings(BaseSettings):\n    hosts: List[str] = []\n    class Config:\n        env_prefix = "APP_"\nsettings = Settings()\nALLOWED_HOSTS = settings.hosts`,
    ['APP_HOSTS', 'json', 'whole-list', []],
    pydantic1,
  ),
  variable(
    'pydantic 1 text split by a property',
    `from pydantic import BaseSettings\nclass Settings(BaseSettings):\n    allowed_hosts: str = "a.com"\n    @property\n    def hosts(self):\n        return self.allowed_hosts.split(",")\nALLOWED_HOSTS = Settings().hosts`,
    whole('comma', ['a.com']),
    pydantic1,
  ),
  variable(
    'pydantic 2 list',
    `from pydantic_settings import BaseSettings, SettingsConfigDict\nclass Settings(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix="DJANGO_")\n    allowed_hosts: list[str]\nALLOWED_HOSTS = Settings().allowed_hosts`,
    ['DJANGO_ALLOWED_HOSTS', 'json', 'whole-list', null],
    noLibrary('pydantic-settings'),
  ),
  variable(
    'pydantic 2 NoDecode',
    `from typing import Annotated\nfrom pydantic import field_validator\nfrom pydantic_settings import BaseSettings, NoDecode\nclass Settings(BaseSettings):\n    allowed_hosts: Annotated[list[str], NoDecode] = ["a.com"]\n    @field_validator("allowed_hosts", mode="before")\n    @classmethod\n    def split(cls, value):\n        return value.split(",") if isinstance(value, str) else value\nALLOWED_HOSTS = Settings().allowed_hosts`,
    whole('comma', ['a.com']),
    noLibrary('pydantic-settings'),
  ),
  variable(
    'pydantic 2 alias',
    `from pydantic import Field\nfrom pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    hosts: list[str] = Field(default=["a.com"], validation_alias="SITE_HOSTS")\nALLOWED_HOSTS = Settings().hosts`,
    ['SITE_HOSTS', 'json', 'whole-list', ['a.com']],
    noLibrary('pydantic-settings'),
  ),
  variable(
    'dotenv before os',
    `${os}from dotenv import load_dotenv\nload_dotenv()\nALLOWED_HOSTS = os.getenv("ALLOWED_HOSTS", "a.com").split(",")`,
    whole('comma', ['a.com']),
    { needs: ['dotenv'] },
  ),
  variable(
    'dotenv dictionary below environ',
    `${os}from dotenv import dotenv_values\nconfig = {**dotenv_values("/nonexistent"), **os.environ}\nALLOWED_HOSTS = config["ALLOWED_HOSTS"].split(",")`,
    whole('comma', null),
    { needs: ['dotenv'] },
  ),
];

const withoutVariable: Idiom[] = [
  fixed('a literal list', `ALLOWED_HOSTS = ["a.com", "b.com"]`, 'literal', ['a.com', 'b.com']),
  fixed('an empty list', `ALLOWED_HOSTS = []`, 'literal', []),
  fixed('no list', `INSTALLED_APPS = []`, 'literal', []),
  fixed('a literal tuple', `ALLOWED_HOSTS = ("a.com",)`, 'literal', ['a.com']),
  fixed(
    'over several lines',
    `ALLOWED_HOSTS = [\n    "a.com",  # the site\n    # "old.com",\n    'b.com',\n]`,
    'literal',
    ['a.com', 'b.com'],
  ),
  fixed('a wildcard', `ALLOWED_HOSTS = ["*"]`, 'wildcard', ['*']),
  fixed('a wildcard among others', `ALLOWED_HOSTS = ["a.com", "*"]`, 'wildcard', ['a.com', '*']),
  fixed(
    'a host name read as a variable',
    `${os}ALLOWED_HOSTS = [os.environ.get("a.example.com", "a.example.com")]`,
    'literal',
    ['a.example.com'],
  ),
  fixed('a list of lists', `BASE = ["a.com"]\nALLOWED_HOSTS = BASE + ["b.com"]`, 'literal', [
    'a.com',
    'b.com',
  ]),
  fixed(
    'the metadata service',
    `import requests\nALLOWED_HOSTS = ["a.com"]\ntry:\n    ALLOWED_HOSTS.append(requests.get("http://169.254.169.254/latest/meta-data/local-ipv4", timeout=1).text)\nexcept requests.exceptions.RequestException:\n    pass`,
    'metadata',
    ['a.com'],
  ),
  fixed(
    'the metadata service by a function',
    `import requests\ndef ip():\n    token = requests.put("http://169.254.169.254/latest/api/token").text\n    return requests.get("http://169.254.169.254/latest/meta-data/local-ipv4", headers={"X": token}).text\nALLOWED_HOSTS = ["a.com", ip()]`,
    'metadata',
    ['a.com'],
  ),
  fixed(
    'the metadata service by urllib',
    `from urllib.request import urlopen\nALLOWED_HOSTS = ["a.com"]\nALLOWED_HOSTS += [urlopen("http://169.254.169.254/latest/meta-data/local-ipv4").read().decode()]`,
    'metadata',
    ['a.com'],
  ),
  fixed(
    'ec2_metadata',
    `from ec2_metadata import ec2_metadata\nALLOWED_HOSTS = ["a.com", ec2_metadata.private_ipv4]`,
    'metadata',
    ['a.com'],
  ),
  fixed(
    'a JSON file',
    `import json\nwith open("config.json") as f:\n    config = json.load(f)\nALLOWED_HOSTS = config["ALLOWED_HOSTS"]`,
    'file',
    null,
  ),
  fixed(
    'a secrets file',
    `import json\nsecrets = json.loads(open("secrets.json").read())\nALLOWED_HOSTS = secrets["ALLOWED_HOSTS"]`,
    'secret',
    null,
  ),
  fixed(
    'a dotenv dictionary',
    `from dotenv import dotenv_values\nconfig = dotenv_values(".env")\nALLOWED_HOSTS = config["ALLOWED_HOSTS"].split(",")`,
    'file',
    null,
  ),
  fixed(
    'a secrets manager',
    `import boto3, json\nclient = boto3.client("secretsmanager")\nALLOWED_HOSTS = json.loads(client.get_secret_value(SecretId="x")["SecretString"])["hosts"]`,
    'secret',
    null,
  ),
  fixed(
    'something of a library',
    `from corporate import settings\nALLOWED_HOSTS = settings.hosts()`,
    'unknown',
    null,
  ),
  fixed(
    'the name of the machine',
    `import socket\nALLOWED_HOSTS = ["a.com", socket.gethostbyname(socket.gethostname())]`,
    'unknown',
    ['a.com'],
  ),
  fixed('broken Python', `ALLOWED_HOSTS = [`, 'literal', []),
];

export const idioms: readonly Idiom[] = [
  ...plainReads,
  ...comprehensions,
  ...fallbacks,
  ...combined,
  ...functions,
  ...structured,
  ...environIdioms,
  ...libraries,
  ...withoutVariable,
];
