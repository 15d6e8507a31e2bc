import { type Idiom, os, variable, whole } from './idiom.ts';

export const comprehensions: readonly Idiom[] = [
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
