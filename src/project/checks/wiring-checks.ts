import { type Finding, finding } from '../../findings.ts';
import {
  generatedHooks,
  hookPath,
  hostsDirectory,
  hostsFileName,
  loadHostsFile,
} from '../../generated-paths.ts';
import { landmarks } from '../paths.ts';
import { type ComposeService, isInfrastructure, readDeployedCompose } from '../platform/compose.ts';
import { type Dockerrun, type EcsContainer, ecsContainers, readDockerrun } from '../platform/dockerrun.ts';
import { decisive } from '../platform/platform-claims.ts';
import { servesHttp } from '../platform/procfile.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Check, Survey } from '../survey.ts';
import { needsHook } from './refused-check.ts';
import { rememberedFlag, variableOf } from './rival-checks.ts';

/** Whether what the hook writes reaches the process that answers the health check. */
export const checkWiring: Check = (survey) => {
  // A compose file that nothing connects with Elastic Beanstalk may be for developers.
  const isDeployed = survey.app.has(hookPath) || survey.claims.some(({ weight }) => weight >= decisive);
  if (!isDeployed || !needsHook(survey)) return [];
  return [...checkCompose(survey), ...checkEcs(survey), ...hostsFileNotRead(survey)];
};

function checkCompose(survey: Survey): Finding[] {
  const compose = survey.platform.platform === 'compose' ? readDeployedCompose(survey.app) : undefined;
  if (compose === undefined) return [];
  const { file, services } = compose;
  const variable = variableOf(survey);
  const code = 'compose-variable-not-passed';
  const fixed = services.flatMap(({ environment }) =>
    environment.filter(({ name, value }) => name === variable && value !== undefined && !value.includes('$')),
  );
  const isPassed =
    fixed.length > 0 ||
    services.some((service) => receives(service, variable) || (hasBundle(service) && loadsDotenv(survey)));
  const app = likelyApp(services);
  const beats = `${variable} has a fixed value here, which beats env_file and whatever the hook writes into .env`;
  const passes = `write ${variable}: \${${variable}}, or leave it to env_file: .env`;
  const lost = `the hook puts ${variable} into .env, and no service in this file receives it`;
  const add = `add 'env_file: .env' below the service ${app?.name ?? 'of the app'} (or 'environment: [${variable}]')`;
  return [
    ...fixed.map(({ line }) => finding('warning', code, { file, line }, beats, passes)),
    ...(isPassed ? [] : [finding('warning', code, { file, line: app?.line ?? null }, lost, add)]),
    ...committedEnv(survey),
  ];
}

function receives({ envFiles, environment, volumes, command }: ComposeService, variable: string): boolean {
  const ownEnv = (path: string) => /^(?:\.\/)?\.env$/.test(path);
  return (
    envFiles.some(ownEnv) ||
    environment.some(({ name, value }) =>
      value === undefined ? name === variable : new RegExp(`\\$\\{?${variable}\\b`).test(value),
    ) ||
    new RegExp(`\\$\\{?${variable}\\b`).test(command) ||
    volumes.some((volume) => ownEnv(volume.split(':')[0] ?? ''))
  );
}

/** Whether the bundle's own directory is in the container, `.env` with it. */
const hasBundle = ({ volumes }: ComposeService): boolean =>
  volumes.some((volume) => /^\.\/?(?::|$)/.test(volume));

/** Whether the settings read a file `.env` themselves. */
const loadsDotenv = ({ app, reading }: Survey): boolean =>
  reading.settings.some(({ file }) =>
    /\b(?:load_dotenv|read_dotenv|read_env|decouple)\b/.test(app.text(file) ?? ''),
  );

/** The service behind port 80, else the one that is built here, else the first. */
function likelyApp(services: readonly ComposeService[]): ComposeService | undefined {
  const proxied = (service: ComposeService) => /nginx|traefik|caddy|haproxy/.test(service.image ?? '');
  const own = services.filter((service) => !proxied(service) && !isInfrastructure(service.image ?? ''));
  return (
    own.find(({ command }) => servesHttp(command)) ??
    own.find(({ ports }) => ports.some((port) => /^(?:[\d.]+:)?80:/.test(port))) ??
    own.find(({ built }) => built) ??
    own[0]
  );
}

function committedEnv({ app }: Survey): Finding[] {
  if (app.git?.entry('.env') === undefined) return [];
  const message =
    'Elastic Beanstalk writes no .env where the bundle brings one: compose gets what this file says, and no environment properties';
  const fix = 'remove .env from git if the properties of the environment are meant to count';
  return [finding('info', 'compose-env-committed', { file: '.env', line: null }, message, fix)];
}

function checkEcs({ app, platform }: Survey): Finding[] {
  const task = platform.platform === 'ecs' ? readTask(app) : undefined;
  if (task === undefined || task.directory !== undefined) return [];
  const { dockerrun, container } = task;
  const volume = `{"name": "eb-hosts", "host": {"sourcePath": "${hostsDirectory}"}}`;
  const mount = `{"sourceVolume": "eb-hosts", "containerPath": "${hostsDirectory}", "readOnly": true}`;
  const message = `no container mounts ${hostsDirectory}, and an ECS task gets a value of its own instance in no other way`;
  const fix = `add to "volumes": ${volume} and to "mountPoints" of ${container.name || 'the app'}: ${mount}`;
  return [
    finding('warning', 'ecs-volume-missing', { file: dockerrun.file, line: container.line }, message, fix),
  ];
}

interface Task {
  readonly dockerrun: Dockerrun;
  /** The one that mounts the directory of the list, else the likeliest to be the app. */
  readonly container: EcsContainer;
  /** Where that directory is mounted; undefined: nowhere. */
  readonly directory: string | undefined;
}

function readTask(app: Snapshot): Task | undefined {
  const dockerrun = readDockerrun(app);
  if (dockerrun?.version !== 2) return undefined;
  const containers = ecsContainers(dockerrun);
  const mounting = containers.find((container) => hostsMount(container) !== undefined);
  const container = mounting ?? likelyContainer(containers);
  if (container === undefined) return undefined;
  const mount = hostsMount(container);
  return { dockerrun, container, directory: mount && withoutSlash(mount.containerPath ?? hostsDirectory) };
}

const withoutSlash = (path: string): string => path.replace(/\/+$/, '');

function hostsMount({ mounts }: EcsContainer): EcsContainer['mounts'][number] | undefined {
  return mounts.find(({ hostPath }) => hostPath !== undefined && withoutSlash(hostPath) === hostsDirectory);
}

function likelyContainer(containers: readonly EcsContainer[]): EcsContainer | undefined {
  const apps = containers.filter(({ image }) => !isInfrastructure(image));
  return apps.find(({ name }) => /web|app|django|api|backend|server/i.test(name)) ?? apps[0] ?? containers[0];
}

/** With the delivery `file` the list is in no environment until the app, or what starts it, reads the file. */
function hostsFileNotRead(survey: Survey): Finding[] {
  const { app, whole, platform, reading } = survey;
  const isEcs = platform.platform === 'ecs';
  const delivery = rememberedFlag(app, 'delivery') ?? (isEcs ? 'file' : undefined);
  if (delivery !== 'file' || mentionsHostsFile(whole)) return [];
  const task = isEcs ? readTask(app) : undefined;
  const place =
    task === undefined
      ? { file: hookPath, line: null }
      : { file: task.dockerrun.file, line: task.container.line };
  // An app whose list was not found may need no address at all.
  const severity = reading.settings.length === 0 ? 'info' : 'warning';
  const message = `the hook writes ${variableOf(survey)} into ${hostsDirectory}/${hostsFileName}, and nothing here reads that file: the address is not in the app's environment`;
  const other =
    'eb-hosts init --delivery auto, which needs no reader; or let the app read the file itself: one line, NAME=value';
  const fix = isEcs || platform.platform === 'unknown' ? loadingAdvice(task) : other;
  return [finding(severity, 'hosts-file-not-read', place, message, fix)];
}

function loadingAdvice(task: Task | undefined): string {
  const line = loadHostsFile(task?.directory ?? hostsDirectory);
  const command = JSON.stringify(['sh', '-c', `${line}; exec COMMAND`]);
  const container = task?.container.name || 'the container';
  return `load it before the app starts, in the entrypoint script (${line}), or by "command" of ${container}: ${command}`;
}

const code = /\.(?:cjs|cs|go|java|js|mjs|php|py|rb|ts)$/;
const prose = /\.(?:adoc|markdown|md|mdx)$|ignore$/;

/** Whether anything but the generated hooks and prose names the hook's list, as whatever reads it must. */
function mentionsHostsFile({ paths, text }: Snapshot): boolean {
  const isGenerated = (path: string) => generatedHooks.some((hook) => path.endsWith(hook));
  const likely = landmarks(paths).filter((path) => !prose.test(path) && !isGenerated(path));
  const files = [...new Set([...likely, ...paths.filter((path) => code.test(path))])];
  return files
    .slice(0, 2000)
    .some((path) => /^(?!\s*(?:#|\/\/|\*)).*(?<![\w-])hosts\.env\b/m.test(text(path) ?? ''));
}
