import { UserError } from '../errors.ts';
import type { Delivery, GivenChoices } from '../hooks/choices.ts';
import { choose } from '../hooks/choose.ts';
import { healthCheckPath, hostList } from '../hooks/flags.ts';
import type { Io } from '../io.ts';
import { resolveDelivery } from '../project/platform/platform.ts';
import type { Project } from '../project/project.ts';
import type { Survey } from '../project/survey.ts';
import { ask, select } from './confirm.ts';

const deliveryChoices: readonly { value: Delivery; label: string; hint: string }[] = [
  { value: 'systemd', label: 'Python, Node.js, Ruby, Go, Java SE or .NET', hint: '--delivery systemd' },
  { value: 'env-list', label: 'Docker, one container', hint: '--delivery env-list' },
  { value: 'dotenv', label: 'Docker with docker-compose.yml', hint: '--delivery dotenv' },
  { value: 'file', label: 'ECS-managed Docker', hint: '--delivery file' },
];

/** The delivery where the repository does not tell the platform; undefined where it does.
 * @param asks whether questions may be asked
 * @throws UserError `usage` where they may not */
export async function askDelivery(
  { platform }: Survey,
  asks: boolean,
  io: Io,
): Promise<Delivery | undefined> {
  const resolved = resolveDelivery(platform);
  if (resolved !== null && (resolved.delivery === null || resolved.ambiguousWith === null)) return undefined;
  if (!asks) {
    const what =
      resolved === null ? 'is not known' : `may be ${platform.platform} or ${resolved.ambiguousWith}`;
    const flags = deliveryChoices.map(({ label, hint }) => `${hint} (${label})`).join(', ');
    throw new UserError('usage', `the platform of the environment ${what}: name it with --delivery`, {
      hint: flags,
    });
  }
  const first = deliveryChoices.filter(({ value }) => value === resolved?.delivery);
  const rest = deliveryChoices.filter(({ value }) => value !== resolved?.delivery);
  return select('Which platform does the environment run?', [...first, ...rest], io);
}

/** Asks for what a first run cannot know: the site's hosts, and the path that the load balancer is to ask for. */
export async function askChoices(project: Project, given: GivenChoices, io: Io): Promise<GivenChoices> {
  const { choices, proposedPath, findings } = choose(project, {}, given);
  const lacksHosts = findings.some(
    ({ code, severity }) => code === 'no-default-hosts' && severity !== 'info',
  );
  const hosts = given.hosts === undefined && lacksHosts ? await askHosts(choices.variable, io) : undefined;
  const path = proposedPath === null ? undefined : await askPath(proposedPath, io);
  return {
    ...given,
    ...(hosts === undefined ? {} : { hosts }),
    ...(path === undefined ? {} : { healthCheckPath: path }),
  };
}

async function askHosts(variable: string, io: Io): Promise<readonly string[] | undefined> {
  const answer = await ask(
    'Which hosts does the site have?',
    {
      placeholder: `example.com, www.example.com (used where ${variable} is not set)`,
      check: hostList,
    },
    io,
  );
  return answer.trim() === '' ? undefined : hostList(answer);
}

async function askPath(found: string, io: Io): Promise<string | undefined> {
  const answer = await select(
    'Which path does the load balancer ask for?',
    [
      { value: 'found', label: found, hint: 'a health endpoint of the app' },
      { value: 'keep', label: 'leave it as it is', hint: '/ unless it is set outside the bundle' },
      { value: 'other', label: 'another path' },
    ],
    io,
  );
  if (answer === 'keep') return undefined;
  if (answer === 'found') return found;
  return ask('Which one?', { placeholder: '/health/', check: healthCheckPath }, io);
}
