import { relative, resolve, sep } from 'node:path';
import { Command, Option } from 'commander';
import { type ExitStatus, usage } from '../errors.ts';
import type { Finding } from '../findings.ts';
import { hookPath } from '../generated-paths.ts';
import type { Io } from '../io.ts';
import { environmentDocument, renderEnvironment, renderTable } from '../output/environments.ts';
import { renderAnnotations, renderFindings } from '../output/findings.ts';
import { printJson } from '../output/json.ts';
import { renderProject } from '../output/project.ts';
import { styleFor } from '../output/style.ts';
import { wrap } from '../output/wrap.ts';
import type { Project } from '../project/project.ts';
import { describeProject, judgeProject } from '../project/read-project.ts';
import type { Snapshot } from '../project/snapshot.ts';
import { survey } from '../project/survey.ts';
import { readArchive } from '../repository/read-archive.ts';
import { findRoot, takeSnapshot } from '../repository/take-snapshot.ts';
import {
  addEnvironmentOptions,
  type EnvironmentFlags,
  type EnvironmentResult,
  readEnvironments,
} from './doctor-environments.ts';
import { checkInstallation } from './installation.ts';
import type { CommonOptions, Invocation } from './invocation.ts';

interface DoctorOptions extends CommonOptions, EnvironmentFlags {
  readonly format?: 'text' | 'json' | 'github';
  readonly strict?: boolean;
  readonly bundle?: string;
}

export function doctorCommand({ io, end }: Invocation): Command {
  const command = addEnvironmentOptions(
    new Command('doctor')
      .addOption(
        new Option(
          '--format <word>',
          'text: for people (the default); json: as --json; github: annotations of GitHub Actions',
        ).choices(['text', 'json', 'github']),
      )
      .option('--strict', 'exit 1 for warnings too, not only for errors')
      .option('--bundle <file>', 'read this zip file, the bundle that is deployed, instead of a directory'),
  ).addHelpText(
    'after',
    `
Reads the repository: platform, settings, what would be in the bundle, hooks and
.ebextensions. Nothing is written, and there is no network without the flags
for AWS (read-only; docs/iam.md lists the rights). Each finding has a code, a
place, a cause and a fix.

Exit status: 0 no error found, 1 an error (with --strict also a warning), 2
wrong usage or an environment that does not allow the work, 130 interrupted.

Examples
  eb-hosts doctor
  eb-hosts doctor --strict --format github
  eb-hosts doctor --bundle deploy.zip
  eb-hosts doctor --environment shop-prod
  eb-hosts doctor --all --region eu-west-1,us-east-1`,
  );
  return command.action(async () => {
    const values: DoctorOptions = command.optsWithGlobals();
    end(await (values.bundle === undefined ? doctor(values, io) : doctorBundle(values.bundle, values, io)));
  });
}

async function doctorBundle(file: string, values: DoctorOptions, io: Io): Promise<ExitStatus> {
  const bundle = await readArchive(io.cwd, file);
  try {
    return await doctor({ ...values, cwd: bundle.directory }, io, bundle.snapshot);
  } finally {
    bundle.remove();
  }
}

/** @param bundle the files, where they are not to be read from the disk */
async function doctor(values: DoctorOptions, io: Io, bundle?: Snapshot): Promise<ExitStatus> {
  const format = values.json === true ? 'json' : (values.format ?? 'text');
  if (values.json && format !== (values.format ?? 'json'))
    throw usage('--json and --format cannot be used together');
  const { root: directory, movedFrom } = findRoot(io.cwd, values.cwd);
  const found = survey(bundle ?? (await takeSnapshot(directory)));
  const project = describeProject(found);
  const hook = found.app.has(hookPath);
  const empty = found.whole.paths.length === 0;
  const repository = empty ? undefined : { project, hook };
  const aws = await readEnvironments(values, directory, repository, io, values.quiet === true);
  // Whoever asks about AWS need not stand in a repository.
  const isRead = aws === undefined || !empty;
  const offline = isRead ? [...checkInstallation(directory, found), ...judgeProject(found)] : [];
  const findings = [...offline, ...(aws?.findings ?? [])];
  const ok = !findings.some(({ severity }) => counts(severity, values.strict === true));

  if (format === 'json') printJson(io.stdout, doctorJson(ok, project, findings, aws));
  else if (format === 'github')
    io.stdout.write(renderAnnotations(findings, annotationPrefix(io, directory, project)));
  else {
    if (movedFrom !== null && isRead) io.stdout.write(`in ${directory}, the root of what is deployed\n\n`);
    if (aws !== undefined) io.stdout.write(describeEnvironments(aws, io));
    io.stdout.write(describe(project, shown(findings, aws), io, isRead && values.quiet !== true));
  }
  return ok ? 0 : 1;
}

function counts(severity: Finding['severity'], strict: boolean): boolean {
  return severity === 'error' || (strict && severity === 'warning');
}

function doctorJson(
  ok: boolean,
  { properties: _properties, delivery: _delivery, ...project }: Project,
  findings: readonly Finding[],
  aws: EnvironmentResult | undefined,
): unknown {
  const environments = aws === undefined ? {} : { environments: aws.reports.map(environmentDocument) };
  return { command: 'doctor', ok, project, findings, ...environments };
}

/** Of many environments, what is merely worth knowing is left to the JSON. */
function shown(findings: readonly Finding[], aws: EnvironmentResult | undefined): readonly Finding[] {
  if (aws === undefined || aws.single) return findings;
  return findings.filter(({ environment, severity }) => environment === undefined || severity !== 'info');
}

function describeEnvironments({ reports, single }: EnvironmentResult, io: Io): string {
  const style = styleFor(io.stdout, io.env);
  if (!single) return `${renderTable(reports, style)}\n`;
  return reports.map((report) => renderEnvironment(report, style, io.stdout.columns)).join('');
}

/** The findings, and below them what they were made from. */
function describe(project: Project, findings: readonly Finding[], io: Io, facts: boolean): string {
  const style = styleFor(io.stdout, io.env);
  const { columns } = io.stdout;
  const prefix = project.appRoot === '.' ? '' : `${project.appRoot}/`;
  const checked =
    'nothing to report: checked were the platform, the settings, the bundle, the hooks and .ebextensions';
  const told =
    findings.length === 0
      ? `${wrap(checked, columns).join('\n')}\n`
      : renderFindings(findings, { style, columns, prefix, env: io.env });
  return facts ? `${told}\n${renderProject(project, style, columns)}` : told;
}

/** GitHub counts a path from the top of its checkout. */
function annotationPrefix(io: Io, directory: string, project: Project): string {
  const top = io.env.GITHUB_WORKSPACE ?? directory;
  const path = relative(top, resolve(directory, project.appRoot)).split(sep).join('/');
  return path === '' || path.startsWith('..') ? '' : `${path}/`;
}
