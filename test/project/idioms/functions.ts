import { type Idiom, os, variable, whole } from './idiom.ts';

export const functions: readonly Idiom[] = [
  variable(
    'a default that cannot be known',
    `${os}import socket\nALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", socket.getfqdn()).split(",")`,
    whole('comma', null),
    { unasked: 'the default differs by machine' },
  ),
  variable(
    'an unknown host of its own beside a default',
    `${os}import socket\nALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "a.com").split(",") + [socket.gethostname()]`,
    whole('comma', ['a.com']),
    { unasked: 'the list differs by machine' },
  ),
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

export const structured: readonly Idiom[] = [
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
];
