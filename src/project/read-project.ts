import type { Finding } from '../findings.ts';
import { ebextensionPath } from '../generated-paths.ts';
import { propertyNamespace } from '../option-namespaces.ts';
import { reachingFindings, runChecks } from './checks/catalogue.ts';
import { readHealthOptions, readHealthOptionsElsewhere } from './ebextensions/health-options.ts';
import { resolveDelivery } from './platform/platform.ts';
import type { JudgedProject, Project } from './project.ts';
import type { Snapshot } from './snapshot.ts';
import { type Survey, survey } from './survey.ts';

/** Reads a repository: platform, framework, where the host list comes from, and everything that stands in the way. */
export function readProject(snapshot: Snapshot): JudgedProject {
  const read = survey(snapshot);
  return { ...describeProject(read), findings: judgeProject(read) };
}

/** The part of a survey that is shown and that other tools rely on. */
export function describeProject(read: Survey): Project {
  const options = [...readHealthOptions(read.ebextensions), ...readHealthOptionsElsewhere(read.ebextensions)];
  return {
    framework: read.reading.framework,
    platform: read.platform.platform,
    delivery: resolveDelivery(read.platform)?.delivery ?? null,
    appRoot: read.appRoot.root,
    settings: read.reading.settings,
    evidence: [...read.appRoot.evidence, ...read.platform.evidence, ...read.reading.evidence],
    // `eb-hosts` rewrites its own file, so that it is no obstacle to it.
    healthCheckOptions: options.filter(({ file }) => file !== ebextensionPath),
    properties: read.ebextensions.options
      .filter(({ namespace, value }) => namespace === propertyNamespace && (value ?? '').trim() !== '')
      .map(({ option }) => option),
    healthPath: read.reading.healthPath ?? null,
  };
}

/** Everything that stands in the way. */
export function judgeProject(read: Survey): Finding[] {
  return [
    ...read.appRoot.findings,
    ...read.ebextensions.findings,
    ...reachingFindings(read),
    ...runChecks(read),
  ];
}
