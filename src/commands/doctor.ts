import { relative, resolve, sep } from 'node:path';
import { Command, Option } from 'commander';
import { type ExitStatus, usage } from '../errors.ts';
import type { Finding } from '../findings.ts';
import { hookPath } from '../generated-paths.ts';
import type { CommonOptions, Invocation, Io } from '../io.ts';
import { environmentDocument, renderEnvironment, renderTable } from '../output/environments.ts';
import { renderAnnotations, renderFindings } from '../output/findings.ts';
import { renderProject } from '../output/project.ts';
import { printJson, type Rendering, renderingFor, wrap } from '../output/text.ts';
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
    const options: DoctorOptions = command.optsWithGlobals();
    if (options.bundle === undefined) return end(await doctor(options, io));
    const bundle = await readArchive(io.cwd, options.bundle);
    try {
      end(await doctor({ ...options, cwd: bundle.directory }, io, bundle.snapshot));
    } finally {
      bundle.remove();
    }
  });
}

/** @param bundle the files, where they are not to be read from the disk */
async function doctor(options: DoctorOptions, io: Io, bundle?: Snapshot): Promise<ExitStatus> {
  const format = options.json === true ? 'json' : (options.format ?? 'text');
  if (options.json && (options.format ?? 'json') !== 'json')
    throw usage('--json and --format cannot be used together');
  const { root: directory, movedFrom } = findRoot(io.cwd, options.cwd);
  const found = survey(bundle ?? (await takeSnapshot(directory)));
  const project = describeProject(found);
  const isEmpty = found.whole.paths.length === 0;
  const repository = isEmpty ? undefined : { project, hook: found.app.has(hookPath) };
  const aws = await readEnvironments(options, directory, repository, io, options.quiet === true);
  // Whoever asks about AWS need not stand in a repository.
  const isRead = aws === undefined || !isEmpty;
  const offline = isRead ? [...checkInstallation(directory, found), ...judgeProject(found)] : [];
  const findings = [...offline, ...(aws?.findings ?? [])];
  const isWrong = ({ severity }: Finding) =>
    severity === 'error' || (options.strict === true && severity === 'warning');
  const ok = !findings.some(isWrong);

  if (format === 'json') {
    const { properties: _properties, delivery: _delivery, ...shown } = project;
    const environments = aws && { environments: aws.reports.map(environmentDocument) };
    printJson(io.stdout, { command: 'doctor', ok, project: shown, findings, ...environments });
  } else if (format === 'github') {
    io.stdout.write(renderAnnotations(findings, annotationPrefix(io, directory, project)));
  } else {
    const rendering = renderingFor(io, project.appRoot);
    if (movedFrom !== null && isRead) io.stdout.write(`in ${directory}, the root of what is deployed\n\n`);
    if (aws !== undefined) io.stdout.write(renderAws(aws, rendering));
    // Of many environments, what is merely worth knowing is left to the JSON.
    const isShown = ({ environment, severity }: Finding) =>
      aws?.single !== false || environment === undefined || severity !== 'info';
    const shown = findings.filter(isShown);
    io.stdout.write(
      shown.length > 0
        ? renderFindings(shown, rendering)
        : `${wrap(nothingFound, rendering.columns).join('\n')}\n`,
    );
    if (isRead && !options.quiet) io.stdout.write(`\n${renderProject(project, rendering)}`);
  }
  return ok ? 0 : 1;
}

const nothingFound =
  'nothing to report; checked: the platform, the settings, the bundle, the hooks and .ebextensions';

function renderAws({ reports, single }: EnvironmentResult, { style, columns }: Rendering): string {
  if (!single) return `${renderTable(reports, style)}\n`;
  return reports.map((report) => renderEnvironment(report, style, columns)).join('');
}

/** GitHub counts a path from the top of its checkout. */
function annotationPrefix(io: Io, directory: string, { appRoot }: Project): string {
  const top = io.env.GITHUB_WORKSPACE ?? directory;
  const path = relative(top, resolve(directory, appRoot)).split(sep).join('/');
  return path === '' || path.startsWith('..') ? '' : `${path}/`;
}
