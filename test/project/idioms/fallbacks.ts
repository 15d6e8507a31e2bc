import { type Idiom, os, variable, whole } from './idiom.ts';

export const fallbacks: readonly Idiom[] = [
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
    'nested get, the outer of another name',
    `${os}ALLOWED_HOSTS = os.environ.get("LIVE_HOSTS", os.environ.get("ALLOWED_HOSTS", "a.com")).split(",")`,
    ['LIVE_HOSTS', 'comma', 'whole-list', ['a.com']],
  ),
  variable(
    'nested or of lists, the outer of another name',
    `${os}def read(name):\n    return [h for h in os.environ.get(name, "").split(",") if h]\nALLOWED_HOSTS = read("SITE_DOMAINS") or read("ALLOWED_HOSTS") or ["a.com"]`,
    ['SITE_DOMAINS', 'comma', 'whole-list', ['a.com']],
  ),
  variable(
    'the same on both ways of a condition',
    `${os}SEP = ","\nif os.environ.get("NEW_STYLE"):\n    SEP = ";"\nelse:\n    SEP = ";"\nALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "a.com").split(SEP)`,
    whole('semicolon', ['a.com']),
  ),
  variable(
    'a loop over what a function that tries gives',
    `${os}def read(name):\n    try:\n        return os.environ[name]\n    except KeyError:\n        return ""\nALLOWED_HOSTS = []\nfor host in read("ALLOWED_HOSTS").split(","):\n    if not host:\n        continue\n    ALLOWED_HOSTS.append(host)`,
    whole('comma', []),
  ),
  variable(
    'not before or',
    `${os}H = os.environ.get("ALLOWED_HOSTS", "")\nALLOWED_HOSTS = ["a.com"] if not H or H == "-" else H.split(",")`,
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
    'a variable of developers that is compared',
    `${os}LOCAL = True if "/srv/app" == os.environ.get("LOCAL_BASE_DIR") else False\nALLOWED_HOSTS = os.environ.get("LOCAL_ALLOWED_HOSTS" if LOCAL else "ALLOWED_HOSTS", "").split(",")`,
    whole('comma', []),
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
