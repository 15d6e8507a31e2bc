import { environ, extra, type Idiom, variable, whole } from './idiom.ts';

export const environIdioms: readonly Idiom[] = [
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
    'a prefix that is assigned',
    `import environ\nenv = environ.Env()\nenv.prefix = "SHOP_"\nALLOWED_HOSTS = env.list("HOSTS", default=["a.com"])`,
    ['SHOP_HOSTS', 'comma', 'whole-list', ['a.com']],
    { unasked: 'django-environ has it since 0.5' },
  ),
  variable(
    'a prefix of a class',
    `import environ\nclass Env(environ.Env):\n    prefix = "SHOP_"\nenv = Env()\nALLOWED_HOSTS = env.list("HOSTS", default=["a.com"])`,
    ['SHOP_HOSTS', 'comma', 'whole-list', ['a.com']],
    { unasked: 'django-environ has it since 0.5' },
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
