import type { LibraryFunction } from '../python/library.ts';
import { dict, isObject, list, native, unknown } from '../python/value.ts';

/** An ASGI app: its methods are observed under `asgi.`, so that the middleware it is given is seen. */
const asgiApp: LibraryFunction = () =>
  native(
    'asgi',
    () => unknown(),
    (name) => native(`asgi.${name}`, () => unknown()),
  );

/** A Flask app: its configuration is told to the observer as `flask.config`. */
const flaskApp: LibraryFunction = (run, scope) => {
  const config = dict();
  const place = { file: scope.file, from: 0, to: 0 };
  run.observe('flask.config', { positional: [config], named: new Map() }, place);
  return native(
    'flask',
    () => unknown(),
    (name) => (name === 'config' ? config : unknown()),
  );
};

/** `django_heroku.settings(locals())` opens the list to every host unless told not to (its `core.py`). */
const herokuSettings: LibraryFunction = (_run, scope, { positional: [target], named }) => {
  const entries = isObject(target, 'dict') ? target.entries : scope.globals;
  if (named.get('allowed_hosts') !== false) entries.set('ALLOWED_HOSTS', list(['*']));
  return null;
};

/** What web frameworks and their helpers do to lists of hosts. */
export const webFrameworks: Readonly<Record<string, LibraryFunction>> = {
  'fastapi.FastAPI': asgiApp,
  'fastapi.applications.FastAPI': asgiApp,
  'starlette.applications.Starlette': asgiApp,
  'flask.Flask': flaskApp,
  'flask.app.Flask': flaskApp,
  'django_heroku.settings': herokuSettings,
  'django_on_heroku.settings': herokuSettings,
};
