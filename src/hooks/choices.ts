import type { Framework, Role, Separator } from '../project/project.ts';

export const deliveries = ['env-list', 'dotenv', 'systemd', 'file'] as const;
/** How the list reaches the app; decided by the platform when the hook is made, never on the instance. */
export type Delivery = (typeof deliveries)[number];

export const onFailures = ['fail', 'warn'] as const;
export type OnFailure = (typeof onFailures)[number];

export const verifications = ['warn', 'fail', 'off'] as const;
export type Verification = (typeof verifications)[number];

/** Everything that decides what is generated. */
export interface Choices {
  readonly variable: string;
  readonly separator: Separator;
  readonly role: Role;
  /** The hosts the list starts from where the environment property is unset. */
  readonly hosts: readonly string[];
  readonly delivery: Delivery;
  readonly ipv6: boolean;
  readonly onFailure: OnFailure;
  readonly verify: Verification;
  /** Null: the load balancer asks for `/`, and no `.ebextensions/eb-hosts.config` is written. */
  readonly healthCheckPath: string | null;
  /** Statuses that count as healthy: `200`, `200,301`, `200-299`. */
  readonly matcher: string;
  /** Name of the Elastic Beanstalk process, `aws:elasticbeanstalk:environment:process:<name>`. */
  readonly process: string;
}

/** Choices that somebody made, by flags or in the head of the hook; absent or undefined where nobody did. */
export type GivenChoices = { readonly [K in keyof Choices]?: Choices[K] | undefined } & {
  readonly framework?: Framework | undefined;
};

/** What is generated where nothing is known and nothing was chosen. */
export const defaultChoices: Choices = {
  variable: 'ALLOWED_HOSTS',
  separator: 'comma',
  role: 'whole-list',
  hosts: [],
  delivery: 'systemd',
  ipv6: false,
  onFailure: 'fail',
  verify: 'warn',
  healthCheckPath: null,
  matcher: '200',
  process: 'default',
};

/** `given` without its undefined members. */
export function withoutUndefined(given: GivenChoices): GivenChoices {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
