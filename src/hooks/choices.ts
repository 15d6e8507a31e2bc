import type { Role, Separator } from '../project/project.ts';

export const deliveries = ['auto', 'env-list', 'dotenv', 'systemd', 'file'] as const;
/** How the address reaches the app; `auto`: the hook decides on the instance. */
export type Delivery = (typeof deliveries)[number];

export const onFailures = ['fail', 'warn'] as const;
export type OnFailure = (typeof onFailures)[number];

export const verifications = ['warn', 'fail', 'off'] as const;
export type Verification = (typeof verifications)[number];

/** Everything that decides what is generated. The settings block of the predeploy hook is their memory. */
export interface Choices {
  readonly variable: string;
  readonly separator: Separator;
  readonly role: Role;
  /** The hosts the list starts from where the environment property is unset. */
  readonly hosts: readonly string[];
  /** `app`: taken from the app's own default, read again on each run; `flag`: from `--hosts`. */
  readonly hostsFrom: 'app' | 'flag';
  readonly delivery: Delivery;
  readonly ipv6: boolean;
  readonly onFailure: OnFailure;
  readonly verify: Verification;
  /** Null: no `.ebextensions/eb-hosts.config` is written, the verifier asks `/`. */
  readonly healthCheckPath: string | null;
  /** Statuses that count as healthy, as the load balancer takes them: `200`, `200,301`, `200-299`. Null: the default, `200`. */
  readonly matcher: string | null;
  /** Name of the Elastic Beanstalk process, `aws:elasticbeanstalk:environment:process:<name>`. */
  readonly process: string;
}
