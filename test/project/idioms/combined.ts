import { extra, type Idiom, os, variable, whole } from './idiom.ts';

export const combined: readonly Idiom[] = [
  variable(
    'append of a variable that must be set',
    `${os}ALLOWED_HOSTS = ["a.com"]\nALLOWED_HOSTS.append(os.environ["HOST_IP"])`,
    ['HOST_IP', 'none', 'extra-hosts', null],
  ),
  variable(
    'a host with the part before its first dot cut off, as long as it has three parts',
    `${os}HOST = os.environ.get("HOST_NAME", "")\nALLOWED_HOSTS = ["a.com"]\nif len(HOST.split(".")) < 3:\n    ALLOWED_HOSTS.append(HOST)\nelse:\n    ALLOWED_HOSTS.append(HOST[HOST.index("."):])`,
    ['HOST_NAME', null, 'extra-hosts', []],
  ),
  variable(
    'a scalar without its port',
    `${os}ALLOWED_HOSTS = [os.environ.get("SITE_HOST", "localhost").split(":")[0], "a.com"]`,
    ['SITE_HOST', 'none', 'extra-hosts', ['localhost']],
  ),
  variable(
    'a host of another variable and a list',
    `${os}ALLOWED_HOSTS = [os.environ.get("PRIMARY"), *os.environ.get("EXTRA_HOSTS", "").split(",")]`,
    ['EXTRA_HOSTS', 'comma', 'extra-hosts', []],
    { environment: { PRIMARY: 'a.com' } },
  ),
  variable(
    'a host of another platform',
    `${os}ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "a.com").split(",")\nif os.environ.get("RENDER_EXTERNAL_HOSTNAME"):\n    ALLOWED_HOSTS.append(os.environ["RENDER_EXTERNAL_HOSTNAME"])`,
    whole('comma', ['a.com']),
  ),
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
