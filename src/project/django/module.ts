import { type Finding, finding } from '../../findings.ts';
import { lineAt } from '../frameworks/framework-reading.ts';
import { entryModules, isOwnCode, landmarks, pythonManifests } from '../paths.ts';
import type { Evidence } from '../project.ts';
import { definitionOf } from '../python/parse.ts';
import { type Program, passModule, settle } from '../python/program.ts';
import { isProductionName, type Value } from '../python/value.ts';
import type { Snapshot } from '../snapshot.ts';
import { type Deployment, type DeploymentValue, deploymentEnvironment } from './deployment.ts';
import type { HostList } from './hosts.ts';

/** The settings module that governs production. */
export interface Governing {
  readonly path: string;
  /** The django-configurations class in charge. */
  readonly className: string | null;
  readonly evidence: readonly Evidence[];
  readonly findings: readonly Finding[];
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
  return {
    path: preferred,
    className: classOf(program, telling, deployment, preferred),
    evidence: claimEvidence(preferred, claim, claims),
    findings: claimFindings(preferred, claim, claims),
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
    const module = setByEntry(program, file, deployment, 'DJANGO_SETTINGS_MODULE');
    const by = {
      name: 'DJANGO_SETTINGS_MODULE',
      value: '',
      file,
      line: lineAt(source, source.indexOf('DJANGO_SETTINGS_MODULE')),
    };
    if (typeof module !== 'string') return [];
    const weight = rank(file) === 3 ? 'tool' : 'entry';
    return [{ module, path: fileOf(program, module, file), by: { ...by, value: module }, weight }];
  });
}

/** What a file that starts the app puts into `os.environ`. */
function setByEntry(program: Program, file: string, deployment: Deployment, name: string): Value | undefined {
  const deployed = deploymentEnvironment(deployment);
  deployed.delete('DJANGO_SETTINGS_MODULE');
  const pass = passModule(program, file, { deployed, asScript: true });
  return settle(pass, pass.run.environ.get(name));
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
  const values = entries.map((file) => setByEntry(program, file, deployment, 'DJANGO_CONFIGURATION'));
  const chosen = values.find((value) => typeof value === 'string' && names.includes(value));
  return typeof chosen === 'string' ? chosen : (names.at(-1) ?? null);
}

/** Files that look like Django settings, production first. */
function settingsModules(program: Program, telling: readonly string[]): string[] {
  const named = telling.filter((path) =>
    /(^|\/)[^/]*settings?[^/]*(\.py|\/.*\.py)$|(^|\/)(config|conf)[^/]*(\.py|\/[^/]*\.py)$/i.test(path),
  );
  const likely = named.slice(0, 400).filter((path) => {
    const text = program.text(path) ?? '';
    return (
      /^[^#\n]*\b(INSTALLED_APPS|ALLOWED_HOSTS|ROOT_URLCONF|MIDDLEWARE(_CLASSES)?)\b/m.test(text) ||
      // It only imports another one's settings.
      (/settings?/i.test(path) && /^from\s+[\w.]*\s+import\s+\*/m.test(text))
    );
  });
  return likely.toSorted(
    (a, b) => moduleRank(a) - moduleRank(b) || a.split('/').length - b.split('/').length,
  );
}

/** How likely a module governs production by its name: 0 is named for it, 1 the plain settings, 2 a base, 5 and 6 development and tests. */
function moduleRank(path: string): number {
  const stem = /([^/]*)(?:\/__init__)?\.py$/.exec(path)?.[1] ?? path;
  if (/(^|\/)tests?\//.test(path)) return 6;
  if (
    isProductionName(stem.replace(/_?settings?_?/i, '')) ||
    /(^|_)(prod|production|deploy|deployment|aws|eb|beanstalk)(_|$)/i.test(stem)
  )
    return 0;
  if (/^settings?$/i.test(stem)) return 1;
  if (/base|common|default/i.test(stem)) return 2;
  return isDevelopment(path) ? 5 : 3;
}

/** Whether a module is named for development or tests. */
function isDevelopment(path: string): boolean {
  return /(^|[_/])(local|dev|develop|development|test|tests|testing|ci|debug)(_settings|_?[0-9])?\.py$|settings_(local|dev|development|test|ci)\.py$/i.test(
    path,
  );
}

/** A settings module by its dotted name, and who names it. The more weight, the closer to what really runs. */
interface Claim {
  readonly module: string;
  readonly path: string | undefined;
  readonly by: DeploymentValue;
  readonly weight: 'deployment' | 'entry' | 'tool';
}

/** Why a settings module was chosen, and what speaks for others. */
function claimEvidence(path: string, claim: Claim | undefined, claims: readonly Claim[]): Evidence[] {
  const conclusion = `settings ${path}`;
  const tell = ({ by, module }: Claim, what = '') => {
    const because = `${by.file} names ${module}${what}`;
    return { conclusion, because, file: by.file, line: by.line };
  };
  const guess = 'no file names a settings module; this one looks like production';
  const why = claim?.path === undefined ? 'is not in the repository' : 'is not for production';
  const others = claims.filter((other) => other.path !== path && other !== claim);
  return [
    claim === undefined
      ? { conclusion, because: guess, file: path, line: null }
      : tell(claim, claim.path === path ? '' : `, which ${why}, and this module stands beside it`),
    ...others.map((other) =>
      tell(
        other,
        other.path === undefined ? ', which does not exist' : ', which is named by a weaker source',
      ),
    ),
  ];
}

/**
 * `settings-module-missing`: the deployment names a settings module that the repository does not hold.
 * `settings-module-guessed`: no file of the deployment names the module that was taken.
 */
function claimFindings(path: string, claim: Claim | undefined, claims: readonly Claim[]): Finding[] {
  const missing = claims
    .filter(
      ({ weight, path, module }) => weight === 'deployment' && path === undefined && !/[$`{]/.test(module),
    )
    .map(({ module, by }) => {
      const message = `DJANGO_SETTINGS_MODULE names ${module}, which is not in the repository`;
      const fix = 'name a module that is deployed, or commit the one that is meant';
      return finding('warning', 'settings-module-missing', by, message, fix);
    });
  if (claim?.path === path) return missing;
  const message = `which settings govern production is guessed: ${path}`;
  const fix = 'set DJANGO_SETTINGS_MODULE as an environment property in .ebextensions';
  return [...missing, finding('info', 'settings-module-guessed', { file: path, line: null }, message, fix)];
}

/** Whether there is more of Django than a name that other apps have for their settings as well, such as ALLOWED_HOSTS. */
export function speaksOfDjango(snapshot: Snapshot, { variables }: Deployment): boolean {
  return (
    hasManageScript(snapshot) ||
    variables.some(({ name }) => name === 'DJANGO_SETTINGS_MODULE') ||
    pythonManifests(snapshot.paths).some((path) => requirement.test(snapshot.text(path) ?? '')) ||
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
