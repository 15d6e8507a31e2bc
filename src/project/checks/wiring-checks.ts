import type { Finding } from '../../findings.ts';
import { hookPath, hostsDirectory } from '../../generated-paths.ts';
import { type Compose, type ComposeService, readDeployedCompose } from '../platform/compose.ts';
import { ecsContainers, readDockerrun } from '../platform/dockerrun.ts';
import { isInfrastructure } from '../platform/images.ts';
import { readProcfile, servesHttp } from '../platform/procfile.ts';
import type { Survey } from '../survey.ts';
import { type Check, finding } from './check.ts';

/** Whether what the hook writes reaches the process that answers the health check. */
export const checkWiring: Check = (survey) => [
  ...checkCompose(survey),
  ...checkEcs(survey),
  ...severalProcesses(survey),
];

/** The variable that the hook fills; without a hook the one that the app reads, or that `eb-hosts` proposes where it reads none, or has no list at all. */
export function variableOf({ app, reading }: Survey): string {
  const chosen = /^VARIABLE='(\w+)'/m.exec(app.text(hookPath) ?? '')?.[1];
  if (chosen !== undefined) return chosen;
  const [setting] = reading.settings;
  return setting === undefined ? 'ALLOWED_HOSTS' : (setting.variable ?? 'EB_HOSTS');
}

function checkCompose(survey: Survey): Finding[] {
  if (survey.platform.platform !== 'compose') return [];
  const compose = readDeployedCompose(survey.app);
  if (compose === undefined) return [];
  const variable = variableOf(survey);
  const fixed = compose.services.flatMap(({ environment }) =>
    environment.filter(({ name, value }) => name === variable && value !== undefined && !value.includes('$')),
  );
  return [
    ...fixed.map(({ line }) =>
      finding(
        'warning',
        'compose-variable-fixed',
        { file: compose.file, line },
        `${variable} has a fixed value here, which beats env_file and whatever the hook writes into .env`,
        `write ${variable}: \${${variable}}, or leave it to env_file: .env`,
      ),
    ),
    ...(fixed.length === 0 ? variableNotPassed(compose, variable) : []),
    ...committedEnv(survey),
  ];
}

function variableNotPassed(compose: Compose, variable: string): Finding[] {
  if (compose.services.some((service) => receives(service, variable))) return [];
  const app = likelyApp(compose.services);
  return [
    finding(
      'warning',
      'compose-variable-not-passed',
      { file: compose.file, line: app?.line ?? null },
      `the hook puts ${variable} into .env, and no service in this file receives it`,
      `add 'env_file: .env' below the service ${app?.name ?? 'of the app'} (or 'environment: [${variable}]')`,
    ),
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
  return [
    finding(
      'info',
      'compose-env-committed',
      { file: '.env', line: null },
      'Elastic Beanstalk writes no .env where the bundle brings one: environment properties do not reach compose, only what this file says',
      'remove .env from git if the properties of the environment are meant to count',
    ),
  ];
}

function checkEcs({ app, platform }: Survey): Finding[] {
  const dockerrun = readDockerrun(app);
  if (platform.platform !== 'ecs' || dockerrun?.version !== 2) return [];
  const containers = ecsContainers(dockerrun);
  const mounted = containers.some(({ mounts }) =>
    mounts.some(({ hostPath }) => hostPath?.replace(/\/+$/, '') === hostsDirectory),
  );
  if (mounted || containers.length === 0) return [];
  const apps = containers.filter(({ image }) => !isInfrastructure(image));
  const container =
    apps.find(({ name }) => /web|app|django|api|backend|server/i.test(name)) ?? apps[0] ?? containers[0];
  return [
    finding(
      'warning',
      'ecs-volume-missing',
      { file: dockerrun.file, line: container?.line ?? null },
      `no container mounts ${hostsDirectory}, and an ECS task gets a value of its own instance in no other way`,
      `add to "volumes": {"name": "eb-hosts", "host": {"sourcePath": "${hostsDirectory}"}} and to "mountPoints" of ${container?.name ?? 'the app'}: {"sourceVolume": "eb-hosts", "containerPath": "${hostsDirectory}", "readOnly": true}`,
    ),
  ];
}

function severalProcesses({ app, platform }: Survey): Finding[] {
  if (platform.platform !== 'python' && platform.platform !== 'other') return [];
  const [first, ...others] = readProcfile(app).filter(
    ({ name, command }) => name !== 'web' && servesHttp(command),
  );
  if (first === undefined) return [];
  const names = [first, ...others].map(({ name }) => name).join(', ');
  return [
    finding(
      'warning',
      'several-http-processes',
      { file: 'Procfile', line: first.line },
      `${names} seem${others.length === 0 ? 's' : ''} to answer HTTP beside web, and the list reaches web.service alone`,
      `let ${first.name} read /var/lib/eb-hosts/hosts.env too, or answer health checks by web only`,
    ),
  ];
}
