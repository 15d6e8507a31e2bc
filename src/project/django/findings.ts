import type { Finding } from '../../findings.ts';
import { lineAt } from '../frameworks/framework-reading.ts';
import { isMetadataAddress, isMetadataLibrary } from '../python/metadata.ts';
import { isObject } from '../python/value.ts';
import { type Check, type DjangoFacts, finding, linesWith, placeOfSetting, readSetting } from './facts.ts';
import { hostChecks } from './host-findings.ts';
import { middlewares } from './middleware-findings.ts';

/** Everything that can be wrong with the settings themselves, whatever the health check asks for. */
export function djangoFindings(facts: DjangoFacts): Finding[] {
  return checks.flatMap((check) => check(facts));
}

/** `settings-unparsable`: a settings file is not valid Python as far as we can tell. */
const unparsable: Check = ({ program, reading }) =>
  reading.files.flatMap((file) => {
    const module = program.module(file);
    if (module?.errorAt === undefined || module.errorAt === null) return [];
    const line = lineAt(module.text, module.errorAt);
    const message =
      'this settings file does not parse as Python from here on; what stands there was left out';
    return [
      finding(
        'settings-unparsable',
        'warning',
        { file, line },
        message,
        `run 'python -m py_compile ${file}'`,
      ),
    ];
  });

/** `settings-metadata`: the settings ask the metadata service for the address themselves. */
const metadata: Check = (facts) => {
  const [place] = linesWith(
    facts,
    (line) => isMetadataAddress(line) || isMetadataImport(line) || isContainerAddress(line),
  );
  if (place === undefined) return askingApp(facts);
  const text = facts.program.text(place.file) ?? '';
  const ways = isContainerAddress(place.text)
    ? [containerWay]
    : [
        tokenWay(text),
        ...(/\burlopen\b/.test(text) && /\.read\(\)(?!\.decode)/.test(text) && !/\bdecode\(/.test(text)
          ? ['what urlopen reads are bytes, which equal no host']
          : []),
        ...(/\/sys\/hypervisor\/uuid/.test(text)
          ? ['Nitro instances have no /sys/hypervisor/uuid, so the address is never asked for']
          : []),
      ];
  if (!/timeout/.test(text)) ways.push('without a time-out it hangs every manage.py command off AWS');
  const message = `the settings ask the metadata service each time they load: ${ways.join('; ')}`;
  const fix = "let the hook write the address ('eb-hosts init') and take this out";
  return [finding('settings-metadata', 'warning', place, message, fix)];
};

/** An installed app that does the same when it is loaded (django-ebhealthcheck, `AppConfig.ready`). */
function askingApp(facts: DjangoFacts): Finding[] {
  const apps = readSetting(facts, 'INSTALLED_APPS');
  const isInstalled = isObject(apps, 'list') && apps.items.some((item) => /^ebhealthcheck\b/.test(`${item}`));
  if (!isInstalled) return [];
  const [place] = linesWith(facts, (line) => /["']ebhealthcheck\b/.test(line));
  return [
    finding(
      'settings-metadata',
      'warning',
      place ?? placeOfSetting(facts, 'INSTALLED_APPS'),
      `the app ebhealthcheck asks the metadata service each time Django starts: ${tokenWay('')}; it holds up every manage.py command off AWS`,
      "let the hook write the address ('eb-hosts init') and take this out",
    ),
  ];
}

/** How a request fails where the instance answers only those with a token. */
function tokenWay(text: string): string {
  if (/latest\/api\/token|metadata-token|ec2_metadata/i.test(text))
    return 'inside Docker the token does not come back where the hop limit is 1';
  const refused = 'it asks without a token: where only IMDSv2 answers,';
  if (/\burlopen\b/.test(text)) return `${refused} the 401 is raised as an error`;
  return /raise_for_status|status_code|\.ok\b/.test(text)
    ? `${refused} it gets no address`
    : `${refused} the text of the 401 becomes a "host"`;
}

/** The endpoint of ECS, which tells of the container and not of the instance. */
function isContainerAddress(line: string): boolean {
  return /ECS_CONTAINER_METADATA_URI|169\.254\.170\.2/.test(line);
}

const containerWay =
  "it tells the container's address: with bridge networks, as on Elastic Beanstalk, health checks ask for the instance's";

function isMetadataImport(line: string): boolean {
  const name = /^\s*(?:from|import)\s+([\w.]+)/.exec(line)?.[1];
  return name !== undefined && isMetadataLibrary(name);
}

/** `hosts-own-address`: the settings add what the machine's own name resolves to. */
const ownAddress: Check = (facts) => {
  const [place] = linesWith(facts, (line) => /gethostbyname(_ex)?\s*\(/.test(line));
  if (place === undefined) return [];
  const message =
    "the settings look up the machine's own name: inside Docker that is the container's address, not the one health checks use";
  return [
    finding(
      'hosts-own-address',
      'info',
      place,
      message,
      "let the hook write the address ('eb-hosts init') and take this out",
    ),
  ];
};

/** `dotenv-overrides`: a `.env` file beats what the hook puts into the environment. */
const dotenv: Check = ({ program, calls, setting }) =>
  calls
    .filter(({ callee, args }) => {
      const reads = /(^|\.)(load_dotenv|read_dotenv|read_env)$/.test(callee);
      return reads && ['override', 'overwrite'].some((name) => args.named.get(name) === true);
    })
    .slice(0, 1)
    .map(({ place, callee }) => {
      const message = `${callee} lets the .env file override the environment${setting?.variable ? `, ${setting.variable} included` : ''}`;
      return finding(
        'dotenv-overrides',
        'warning',
        { file: place.file, line: lineAt(program.text(place.file) ?? '', place.from) },
        message,
        'read the file without override, or leave the variable out of it',
      );
    });

const checks: readonly Check[] = [unparsable, metadata, ownAddress, ...hostChecks, dotenv, middlewares];
