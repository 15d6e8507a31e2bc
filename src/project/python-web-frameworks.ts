import type { LibraryFunction } from './python-library.ts';
import { dict, native, unknown } from './python-value.ts';

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

/** The apps of Python's other web frameworks, as far as their host lists are concerned. */
export const webFrameworks: Readonly<Record<string, LibraryFunction>> = {
  'fastapi.FastAPI': asgiApp,
  'fastapi.applications.FastAPI': asgiApp,
  'starlette.applications.Starlette': asgiApp,
  'flask.Flask': flaskApp,
  'flask.app.Flask': flaskApp,
};
