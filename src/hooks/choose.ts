import type { Finding } from '../findings.ts';
import { hookPath } from '../generated-paths.ts';
import type { HealthCheckOption, HostsSetting, Project } from '../project/project.ts';
import type { Choices } from './choices.ts';
import { mergeChoices } from './default-choices.ts';
import {
  addedHosts,
  isDomain,
  isReachable,
  proposeHosts,
  readOwnHealthCheck,
  wouldLoseDomain,
} from './proposal.ts';

/** Choices as they were given: undefined where a flag was not. */
export type GivenChoices = { readonly [K in keyof Choices]?: Choices[K] | undefined };

export interface Decision {
  readonly choices: Choices;
  /** The user's own `.ebextensions` set the path, so none is generated. */
  readonly pathDefinedElsewhere: boolean;
  /** A health endpoint that the app has, where no path is chosen or defined yet. */
  readonly proposedPath: string | null;
  /** The app does not read the chosen variable yet: its settings need a snippet. */
  readonly needsSnippet: boolean;
  readonly findings: readonly Finding[];
}

/** Settles the choices: flags win over what the hook remembers, that over what was read from the project.
 * The default hosts are read anew on each run unless they were once given by hand.
 * @param wires whether the settings are made to read the variable, where they do not */
export function choose(
  project: Project,
  stored: Partial<Choices>,
  flags: GivenChoices,
  wires = false,
): Decision {
  const named = flags.variable ?? stored.variable;
  const adds = wires && named !== undefined && !project.settings.some(({ variable }) => variable === named);
  const proposal = adds ? addedHosts : proposeHosts(project, named);
  // A variable chosen now brings its own form; the remembered one belongs to another.
  const remembered =
    adds || (flags.variable !== undefined && flags.variable !== stored.variable)
      ? { ...stored, separator: proposal.separator, role: proposal.role }
      : stored;
  const own = readOwnHealthCheck(project.healthCheckOptions, flags.process ?? stored.process);
  const choices = mergeChoices(
    proposal,
    remembered,
    hostsChoice(proposal, stored, flags),
    withoutHosts(flags),
    own?.choices ?? {},
  );
  const proposedPath = own === undefined && choices.healthCheckPath === null ? project.healthPath : null;
  return {
    choices,
    pathDefinedElsewhere: own !== undefined,
    proposedPath,
    needsSnippet: needsSnippet(project, choices),
    findings: [
      ...variableFindings(project, choices),
      ...pathFindings(own?.path, flags.healthCheckPath),
      ...proposalFindings(proposedPath),
    ],
  };
}

function withoutHosts({ hosts: _, hostsFrom: __, ...rest }: GivenChoices): GivenChoices {
  return rest;
}

function hostsChoice(
  proposal: Partial<Choices>,
  stored: Partial<Choices>,
  flags: GivenChoices,
): GivenChoices {
  if (flags.hosts !== undefined) return { hosts: flags.hosts, hostsFrom: 'flag' };
  if (stored.hostsFrom === 'flag') return { hosts: stored.hosts, hostsFrom: 'flag' };
  return { hosts: proposal.hosts ?? [], hostsFrom: 'app' };
}

function needsSnippet(project: Project, choices: Choices): boolean {
  return !project.settings.some((setting) => isReachable(setting) && setting.variable === choices.variable);
}

function variableFindings(project: Project, choices: Choices): Finding[] {
  const findings: Finding[] = [];
  const read = project.settings.find(isReachable);
  const place = project.settings[0];
  if (needsSnippet(project, choices)) {
    findings.push({
      code: 'settings-not-wired',
      // An open list, or one that was not found, may need no address at all.
      severity: place === undefined || place.source === 'wildcard' ? 'info' : 'warning',
      file: place?.file ?? null,
      line: place?.line ?? null,
      message: `the hook fills ${choices.variable}${unreadBecause(place, read)}`,
      fix:
        read === undefined || wouldLoseDomain(read)
          ? wiringAdvice(project)
          : `run 'eb-hosts init --var ${read.variable}'`,
    });
  }
  const isSet = project.properties.includes(choices.variable);
  if (choices.role === 'whole-list' && choices.hosts.length === 0 && !isSet) {
    findings.push({
      code: 'no-default-hosts',
      // An app without a list refuses no host.
      severity: place === undefined ? 'info' : 'warning',
      file: hookPath,
      line: null,
      message: `where the environment property ${choices.variable} is not set, the hook writes nothing: the address alone would lock out your own domain`,
      fix: `set the property (eb setenv ${choices.variable}=example.com), or give the hosts to start from: eb-hosts init --hosts example.com`,
    });
  }
  return findings;
}

/** Why the variable does not fill the list, as the end of a sentence. */
function unreadBecause(place: HostsSetting | undefined, read: HostsSetting | undefined): string {
  if (place === undefined) return '; whether the app reads it cannot be seen here';
  if (read === undefined) return ", but no environment variable reaches the app's allow-list";
  if (!wouldLoseDomain(read)) return `, but the app reads ${read.variable}`;
  return `, but the app reads only ${read.variable}, for one host, and there the address would replace ${domainOf(read)}`;
}

function domainOf({ default: hosts }: HostsSetting): string {
  const domains = (hosts ?? []).filter(isDomain);
  return domains.length === 0 ? "the site's own domain" : domains.join(', ');
}

function wiringAdvice({ framework }: Project): string {
  const print = "paste the lines that 'eb-hosts init --settings print' shows into the settings";
  return framework === 'django' ? `${print}, or let 'eb-hosts init --settings patch' do it` : print;
}

function pathFindings(defined: HealthCheckOption | undefined, wanted: string | null | undefined): Finding[] {
  if (defined === undefined || typeof wanted !== 'string' || wanted === defined.value) return [];
  return [
    {
      code: 'health-path-defined-elsewhere',
      severity: 'warning',
      file: defined.file,
      line: defined.line,
      message: `the health-check path is already set to ${defined.value} here, so ${wanted} was not written a second time`,
      fix: `change HealthCheckPath in ${defined.file}`,
    },
  ];
}

function proposalFindings(path: string | null): Finding[] {
  if (path === null) return [];
  return [
    {
      code: 'health-path-found',
      severity: 'info',
      file: null,
      line: null,
      message: `the app has a health endpoint, ${path}, and no health-check path is set: the load balancer asks for /`,
      fix: `eb-hosts init --health-check-path ${path}`,
    },
  ];
}
