import { entryModules, landmarks } from '../paths.ts';
import { definitionOf } from '../python/parse.ts';
import type { Program } from '../python/program.ts';
import { pythonManifests } from '../python-manifests.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Deployment } from './deployment.ts';
import type { HostList } from './hosts.ts';
import { isOwnCode } from './module.ts';

/** Whether there is more of Django than a name that other apps have for their settings as well, such as ALLOWED_HOSTS. */
export function speaksOfDjango(snapshot: Snapshot, { variables }: Deployment): boolean {
  return (
    hasManageScript(snapshot) ||
    variables.some(({ name }) => name === 'DJANGO_SETTINGS_MODULE') ||
    pythonManifests(snapshot).some((path) => requirement.test(snapshot.text(path) ?? '')) ||
    entryModules(snapshot.paths)
      .filter(isOwnCode)
      .slice(0, mostModules)
      .some((path) => code.test(snapshot.text(path) ?? ''))
  );
}

const requirement = /(?:^|[\s"'=,[])django(?:$|[\s"'=<>~!;,[@])/im;
const code =
  /\b(?:INSTALLED_APPS|ROOT_URLCONF|MIDDLEWARE_CLASSES|DJANGO_SETTINGS_MODULE)\b|^\s*(?:from|import)\s+(?:django|configurations)\b/m;
const mostModules = 400;

export function hasManageScript(snapshot: Snapshot): boolean {
  return landmarks(snapshot.paths).some(
    (path) =>
      /(^|\/)manage\.py$/.test(path) && isOwnCode(path) && /\bdjango\b/i.test(snapshot.text(path) ?? ''),
  );
}

/** Whether a module leaves its list in a class, out of the reach of Django itself. */
export function keepsHostsInClass({ module }: Program, path: string, { pass, open }: HostList): boolean {
  if (open || pass.names.has('ALLOWED_HOSTS')) return false;
  const { text, body } = module(path) ?? { text: '', body: [] };
  const classes = body.filter((statement) => definitionOf(statement).name === 'ClassDefinition');
  const outside = classes.reduceRight((rest, { from, to }) => rest.slice(0, from) + rest.slice(to), text);
  return /\bALLOWED_HOSTS\b/.test(text) && !/^[^#\n]*\b(?:ALLOWED_HOSTS|MIDDLEWARE)\b/m.test(outside);
}
