import { join } from 'node:path';
import { type Command, Option } from 'commander';
import type { Connection } from '../beanstalk/connection.ts';
import type { EnvironmentReport, RepositoryView } from '../beanstalk/diagnosis.ts';
import { UserError, usage } from '../errors.ts';
import type { Finding } from '../findings.ts';
import { hookPath } from '../generated-paths.ts';
import type { Io } from '../io.ts';
import { progressPrinter } from '../output/progress.ts';
import { styleFor } from '../output/text.ts';
import type { Project } from '../project/project.ts';
import { readCommitDate } from '../repository/git.ts';

/** The flags that make `doctor` look at AWS. */
export interface EnvironmentFlags {
  readonly environment?: string;
  readonly application?: string;
  readonly all?: boolean;
  readonly profile?: string;
  readonly region?: string;
}

export function addEnvironmentOptions(command: Command): Command {
  return command
    .option(
      '--environment <name>',
      'look at this environment too: what its load balancer asks, its health and the causes',
    )
    .option('--application <name>', 'look at all environments of this application, worst first')
    .addOption(new Option('--all', 'look at all environments of the region').conflicts('environment'))
    .option('--profile <name>', 'default: .elasticbeanstalk/config.yml, AWS_EB_PROFILE, AWS_PROFILE')
    .option('--region <name,…>', "default: config.yml, AWS_REGION, AWS_DEFAULT_REGION, the profile's");
}

/** What was found in AWS. */
export interface EnvironmentResult {
  /** Worst first. */
  readonly reports: readonly EnvironmentReport[];
  /** Of the environments, and of regions that could not be read. */
  readonly findings: readonly Finding[];
  /** Whether one environment was looked at in full. */
  readonly single: boolean;
}

interface UnreadRegion {
  readonly region: string;
  /** Some of its environments were read. */
  readonly partly: boolean;
  readonly error: UserError;
}

/** What was found in the repository. */
interface Found {
  readonly project: Pick<Project, 'appRoot' | 'healthCheckOptions' | 'settings'>;
  /** Whether the predeploy hook of eb-hosts is there. */
  readonly hook: boolean;
}

/** What the repository says of an environment, with the dates by which it can be told whether that is deployed. */
function viewOf({ project, hook }: Found, directory: string): RepositoryView {
  const { appRoot, settings } = project;
  // What Terraform or a saved configuration sets is no matter of the deployed version.
  const options = project.healthCheckOptions.filter(({ file }) => file.startsWith('.ebextensions/'));
  const files = new Set([...options.map(({ file }) => file), ...(hook ? [hookPath] : [])]);
  const dates = [...files].map((file) => [file, readCommitDate(join(directory, appRoot), file)] as const);
  const list = settings.map(({ variable }) => variable).find((variable) => variable !== null) ?? null;
  const isOpen = settings.length > 0 && settings.every(({ source }) => source === 'wildcard');
  return { options, hook: hook ? hookPath : null, isOpen, list, committed: new Map(dates) };
}

/** Looks at the environments that the flags name.
 * @param found undefined where there is no repository
 * @returns undefined if they name none
 * @throws UserError `usage`, and where nothing could be read at all */
export async function readEnvironments(
  flags: EnvironmentFlags,
  directory: string,
  found: Found | undefined,
  io: Io,
  quiet: boolean,
): Promise<EnvironmentResult | undefined> {
  const single = flags.environment !== undefined;
  if (!single && flags.application === undefined && !flags.all) {
    const stray = flags.profile ?? flags.region;
    if (stray !== undefined) {
      throw usage('--profile and --region need --environment, --application or --all');
    }
    return undefined;
  }
  const named = flags.region?.split(',').map((region) => region.trim());
  const regions = named === undefined ? [undefined] : [...new Set(named)];
  if (single && regions.length > 1) throw usage('--environment takes one --region');

  const beanstalk = await import('../beanstalk/index.ts');
  const printer = progressPrinter(io.stderr, styleFor(io.stderr, io.env), quiet);
  const reports: EnvironmentReport[] = [];
  const failures: UnreadRegion[] = [];
  for (const region of regions) {
    const where = await beanstalk.findWhere({ ...flags, region }, directory, io.env);
    for (const warning of where.warnings) printer.warn(warning);
    const scope = { ...where, application: flags.all ? flags.application : where.application };
    const connection: Connection = beanstalk.connect(scope, io.signal, beanstalk.usualPace, printer.retry);
    try {
      if (single) {
        const repository = found && viewOf(found, directory);
        reports.push(await beanstalk.diagnoseEnvironment(connection, repository));
      } else {
        await beanstalk.surveyEnvironments(connection, (report) => {
          reports.push(report);
          printer.count(reports.length, 'environments read');
        });
      }
    } catch (error) {
      // A region that is switched off or denied must not hide the others, nor a later page the ones before it.
      const alone = regions.length === 1 && reports.length === 0;
      if (!(error instanceof UserError) || error.status !== 2 || alone) throw error;
      const partly = reports.some(({ environment }) => environment.region === where.region);
      failures.push({ region: where.region, partly, error });
    } finally {
      printer.end();
      connection.client.destroy();
    }
  }
  const [failure] = failures;
  if (failure !== undefined && reports.length === 0 && failures.length === regions.length)
    throw failure.error;
  if (reports.length === 0 && failures.length === 0 && flags.application !== undefined) {
    // A slip of the pen must not look like an application that is well.
    throw new UserError(
      'application-not-found',
      `application '${flags.application}' has no environments here`,
      {
        hint: 'is the region right (--region)? --all shows what there is',
      },
    );
  }
  reports.sort(beanstalk.worstFirst);
  return {
    reports,
    findings: [...reports.flatMap((report) => report.findings), ...failures.map(regionFinding)],
    single,
  };
}

function regionFinding({ region, partly, error }: UnreadRegion): Finding {
  return {
    code: 'env-region-unreadable',
    severity: 'error',
    file: null,
    line: null,
    message: `${region} could ${partly ? 'be read only in part' : 'not be read'}: ${error.message}`,
    fix: error.hint ?? 'run it again',
  };
}
