import type { Finding } from '../../findings.ts';
import { entryModules } from '../paths.ts';
import type { Evidence } from '../project.ts';
import { type Program, type Reading, runModule } from '../python/program.ts';
import type { Value } from '../python/value.ts';
import { type Claim, claimEvidence, claimFindings } from './claims.ts';
import type { Deployment, DeploymentValue } from './deployment.ts';
import { isDevelopment, moduleRank, settingsModules } from './settings-modules.ts';

/** The settings module that governs production. */
export interface Governing {
  readonly path: string;
  /** The django-configurations class in charge. */
  readonly className: string | null;
  readonly evidence: readonly Evidence[];
  readonly findings: readonly Finding[];
  /** Other settings modules of the project, the likelier first. */
  readonly others: readonly string[];
}

const vendored =
  /(^|\/)(node_modules|site-packages|dist-packages|\.?venv|virtualenv|\.tox|\.git|__pycache__|migrations|lib\/django|vendor|third_party)\//;

/** Whether a path can be a project's own code. */
export function isOwnCode(path: string): boolean {
  return !vendored.test(path);
}

const isOwnModule = (path: string): boolean => path.endsWith('.py') && isOwnCode(path);

/** Finds the settings module that governs production; null if there is none. */
export function findGoverning(program: Program, deployment: Deployment): Governing | null {
  const telling = entryModules(program.paths).filter(isOwnCode);
  const claims = [...deploymentClaims(program, deployment), ...entryClaims(program, telling, deployment)];
  const modules = settingsModules(program, telling);
  // What serves the site may be made as it is deployed: a module beside the place of it comes before that of another service.
  const substitute = claims[0]?.path === undefined ? besideMissing(claims[0], modules) : undefined;
  const claim = substitute === undefined ? claims.find(({ path }) => path !== undefined) : claims[0];
  const named = substitute ?? claim?.path;
  const preferred =
    named === undefined
      ? modules.find((path) => mayStandIn(program, path, claims))
      : correct(program, named, claim?.weight ?? 'tool', modules);
  if (preferred === undefined) return null;
  const others = [...claims.flatMap(({ path }) => path ?? []), ...modules].filter(
    (path) => path !== preferred,
  );
  return {
    path: preferred,
    className: classOf(program, telling, deployment, preferred),
    evidence: claimEvidence(preferred, claim, claims),
    findings: claimFindings(preferred, claim, claims),
    others: [...new Set(others)],
  };
}

/** The settings that stand where a module was named that the repository does not hold: `settings_.py`, `settings.py.dist` and the like. */
function besideMissing(claim: Claim | undefined, modules: readonly string[]): string | undefined {
  const inner = claim?.module.split('.').slice(0, -1).join('/');
  if (inner === undefined || inner === '') return undefined;
  return modules.find((path) => {
    const directory = path.slice(0, Math.max(path.lastIndexOf('/'), 0));
    return directory === inner || directory.endsWith(`/${inner}`);
  });
}

/** Whether a module that nothing names may be the one that serves the site. Where the package of the named one is there, and only the
 * module is not, settings of another name elsewhere belong to something else: a crawler, a tool. */
function mayStandIn({ paths }: Program, path: string, claims: readonly Claim[]): boolean {
  const packages = claims
    .map(({ module }) => module.split('.').slice(0, -1).join('/'))
    .filter((one) => one !== '');
  const inside = (file: string) => packages.some((one) => `/${file}`.includes(`/${one}/`));
  return moduleRank(path) < 3 || inside(path) || !paths.some((file) => inside(file) && isOwnModule(file));
}

function deploymentClaims(program: Program, { variables }: Deployment): Claim[] {
  return variables
    .filter(({ name, value }) => name === 'DJANGO_SETTINGS_MODULE' && /^[\w.${}-]+$/.test(value))
    .map((by) => ({ module: by.value, path: deployedFile(program, by), by, weight: 'deployment' }));
}

/** The file a deployment names; where its name is made of a variable, the one of production that fits. */
function deployedFile(program: Program, { value, file }: DeploymentValue): string | undefined {
  if (!value.includes('$')) return fileOf(program, value, file);
  const names = ['production', 'prod', 'deploy', 'live', 'aws'];
  const found = names.map((name) => fileOf(program, value.replace(/\$\{?\w+\}?/g, name), file));
  return found.find((path) => path !== undefined);
}

/** What wsgi.py, asgi.py and manage.py make of DJANGO_SETTINGS_MODULE: each is run to see. */
function entryClaims(program: Program, telling: readonly string[], deployment: Deployment): Claim[] {
  const entries = telling.filter((path) =>
    /(^|\/)(wsgi|asgi|application|manage)[^/]*\.py$|(^|\/)wsgi\/[^/]*\.py$/.test(path),
  );
  const served = deployment.application?.value.replace(/:.*$/, '').replace(/\.py$/, '').replaceAll('/', '.');
  const rank = (path: string) => {
    const dotted = path.replace(/\.py$/, '').replaceAll('/', '.');
    if (served !== undefined && (dotted === served || dotted.endsWith(`.${served}`))) return 0;
    if (/(^|\/)manage[^/]*\.py$/.test(path)) return 3;
    return /asgi/.test(path) ? 2 : isDevelopment(path) ? 1.5 : 1;
  };
  const depth = (path: string) => path.split('/').length;
  const sorted = entries.toSorted((a, b) => rank(a) - rank(b) || depth(a) - depth(b));
  return sorted.slice(0, 40).flatMap((file) => {
    const source = program.text(file) ?? '';
    if (!source.includes('DJANGO_SETTINGS_MODULE')) return [];
    const module = runEntry(program, file, deployment).environ.get('DJANGO_SETTINGS_MODULE');
    const by = {
      name: 'DJANGO_SETTINGS_MODULE',
      value: '',
      file,
      line: lineIn(source, 'DJANGO_SETTINGS_MODULE'),
    };
    if (typeof module !== 'string') return [];
    const weight = rank(file) === 3 ? 'tool' : 'entry';
    return [{ module, path: fileOf(program, module, file), by: { ...by, value: module }, weight }];
  });
}

function runEntry(program: Program, file: string, { variables }: Deployment): Reading {
  const known = variables.filter(({ name }) => name !== 'DJANGO_SETTINGS_MODULE');
  const environment = new Map(known.map(({ name, value }) => [name, value]));
  return runModule(program, file, {
    environment: new Map([...environment, ['DJANGO_SETTINGS_MODULE', undefined]]),
    asScript: true,
  });
}

/** The file of a dotted module, looked for from the file that names it upwards, then anywhere. */
function fileOf({ paths }: Program, module: string, from: string): string | undefined {
  const inner = module.replaceAll('.', '/');
  const [single, initial] = [`${inner}.py`, `${inner}/__init__.py`];
  const isIt = (path: string) => {
    if (!path.endsWith(single) && !path.endsWith(initial)) return false;
    return path === single || path === initial || path.endsWith(`/${single}`) || path.endsWith(`/${initial}`);
  };
  const common = (path: string) => {
    const [a, b] = [path.split('/'), from.split('/')];
    return a.findIndex((part, index) => part !== b[index]);
  };
  const found = paths.filter((path) => isIt(path) && isOwnCode(path));
  const depth = (path: string) => path.replace(/\/__init__\.py$/, '').split('/').length;
  // Python takes a package before a module of the same name.
  const isModule = (path: string) => Number(!path.endsWith('/__init__.py'));
  return found.toSorted(
    (a, b) => common(b) - common(a) || depth(a) - depth(b) || isModule(a) - isModule(b),
  )[0];
}

/**
 * What wsgi.py or manage.py name is what a developer starts; where that is a development, base or empty module and a production
 * module stands beside it, production takes that one through a property we cannot see.
 */
function correct(
  program: Program,
  named: string,
  weight: Claim['weight'],
  modules: readonly string[],
): string {
  if (weight === 'deployment') return named;
  const isEmpty = !/^[^#\s]/m.test(program.text(named) ?? '');
  const isBase = /(^|\/)(base|common|defaults?)\.py$/.test(named);
  const isOpen = isEmpty || isBase || isDevelopment(named);
  if (!isOpen)
    return modules.find((path) => moduleRank(path) === 0 && completes(program, path, named)) ?? named;
  const directory = named.replace(/[^/]*$/, '');
  const siblings = modules.filter((path) => path.startsWith(directory) && path !== named);
  const production = siblings.find((path) => moduleRank(path) === 0);
  const neutral = siblings.find((path) => !isDevelopment(path) && moduleRank(path) !== 2);
  return production ?? (isBase ? named : (neutral ?? named));
}

/** Whether one module takes over another that has no list of hosts itself, and so cannot be what production runs. */
function completes(program: Program, path: string, named: string): boolean {
  if (path === named || /^[^#\n]*(\bALLOWED_HOSTS\b|import\s*\*)/m.test(program.text(named) ?? ''))
    return false;
  const stem = named.replace(/(\/__init__)?\.py$/, '').replace(/^.*\//, '');
  return new RegExp(`^from\\s+[\\w.]*\\b${stem}\\s+import\\s*\\*`, 'm').test(program.text(path) ?? '');
}

/** The class django-configurations is told to use, or the production-looking one of those in the module. */
function classOf(
  program: Program,
  telling: readonly string[],
  deployment: Deployment,
  path: string,
): string | null {
  const text = program.text(path) ?? '';
  const classes = [...text.matchAll(/^class\s+(\w+)\s*\(([^)]*)\)/gm)];
  if (!/\bconfigurations\b/.test(text) || classes.length === 0) return null;
  const names = classes.map(([, name = '']) => name);
  const set = deployment.variables.find(({ name }) => name === 'DJANGO_CONFIGURATION')?.value;
  if (set !== undefined && names.includes(set)) return set;
  const production = names.find((name) => /^(prod|production|live|aws)/i.test(name));
  if (production !== undefined) return production;
  const entries = telling.filter((file) => /(^|\/)(wsgi|asgi|manage)\.py$/.test(file));
  const values = entries.map((file): Value | undefined =>
    runEntry(program, file, deployment).environ.get('DJANGO_CONFIGURATION'),
  );
  const chosen = values.find((value) => typeof value === 'string' && names.includes(value));
  return typeof chosen === 'string' ? chosen : (names.at(-1) ?? null);
}

function lineIn(text: string, part: string): number {
  return text.slice(0, Math.max(text.indexOf(part), 0)).split('\n').length;
}
