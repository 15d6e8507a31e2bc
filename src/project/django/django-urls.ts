import type { LibraryFunction } from '../python/library.ts';
import { dict, isObject, list, unknown, type Value } from '../python/value.ts';

function route(style: 'path' | 'regex'): LibraryFunction {
  return (_run, _scope, { positional: [text, target], named }) =>
    dict([
      ['style', style],
      ['route', text ?? named.get('route') ?? named.get('regex') ?? null],
      ['target', target ?? named.get('view') ?? null],
    ]);
}

/** `include('app.urls')`, `include(('app.urls', 'name'))`, `include([…])`: the module or the list; unknown entries for a library's. */
const include: LibraryFunction = (run, scope, { positional: [target] }) => {
  const inner = isObject(target, 'list') && target.shape === 'tuple' ? target.items[0] : target;
  if (typeof inner === 'string') return run.importModule(inner, 0, scope.file) ?? dict([['library', inner]]);
  const known = isObject(inner, 'module') || isObject(inner, 'list');
  return known ? (inner as Value) : dict([['library', null]]);
};

/** Patterns that only development has: `static()` is empty where DEBUG is off. */
const empty: LibraryFunction = () => list([]);

/** What Django's urlconfs are made of. */
export const urlFunctions: Readonly<Record<string, LibraryFunction>> = {
  'django.urls.path': route('path'),
  'django.urls.re_path': route('regex'),
  'django.conf.urls.url': route('regex'),
  'django.conf.urls.re_path': route('regex'),
  'django.urls.include': include,
  'django.conf.urls.include': include,
  'django.conf.urls.patterns': (_run, _scope, { positional }) => list(positional.slice(1)),
  'django.conf.urls.static.static': empty,
  'django.contrib.staticfiles.urls.staticfiles_urlpatterns': empty,
  'django.conf.urls.i18n.i18n_patterns': (_run, _scope, { positional }) =>
    list([
      dict([
        ['style', 'regex'],
        ['route', '^[a-z]{2}(-[a-z]+)?/'],
        ['target', list([...positional])],
      ]),
    ]),
  'rest_framework.urlpatterns.format_suffix_patterns': (_run, _scope, { positional: [patterns] }) =>
    patterns ?? unknown(),
};
