import type { EnginePlatform } from '../instance/emulated-instance.ts';
import { enginePlatforms } from '../instance/emulated-instance.ts';
import { type MetadataMode, metadataModes } from '../instance/metadata-service.ts';
import { commonHelp, commonOptions, type OptionTable, parseOptions, usage } from '../options.ts';

export const options = {
  ...commonOptions,
  platform: { type: 'string', values: enginePlatforms },
  property: { type: 'string', multiple: true },
  'config-update': { type: 'boolean' },
  twice: { type: 'boolean' },
  'all-hooks': { type: 'boolean' },
  imds: { type: 'string', values: metadataModes },
  docker: { type: 'boolean' },
} as const satisfies OptionTable;

export const takesCommand = true;

export const help = `eb-hosts rehearse: the coming deployment on this machine, without AWS
The result goes to stdout, everything else to stderr.

Usage: eb-hosts rehearse [OPTIONS] [-- COMMAND…]

Runs the generated hooks in a scratch directory that stands for an instance,
with an emulated metadata service, in the engine's order, and shows what they
print and which files they change. With COMMAND it starts the app with the
environment that the instance would give it, and asks it as the load balancer
does, through the bundle's own nginx configuration where nginx is installed.

COMMAND must listen on $PORT, a free loopback port. Several words are a program
and its arguments, in which $PORT is replaced (quote it, or your shell does
that); a single quoted line is run by sh. The app gets its environment
properties and nothing of your shell's but what programs need to be found. Your
own dependencies (node_modules, vendor, .venv, venv) are linked beside the
deployed files.

Options
  --platform python|docker|compose|ecs|php|other
                        what the environment runs on; default: what the
                        repository says; other: Node.js, Ruby, Go, …
  --property NAME=VALUE
                        an environment property, beside those of
                        .ebextensions; may be given several times
  --config-update       a configuration update after the deployment: the
                        confighooks run. The deployment itself has the
                        properties of .ebextensions alone, the update those of
                        --property too
  --twice               deploy twice, to see that nothing piles up
  --all-hooks           run your other hooks too. They run as you, on this
                        machine: be sure what they do
  --docker              for Docker and Compose bundles: build and start the
                        bundle's own containers instead of COMMAND
  --imds up|down|slow|v1-off|flaky
                        how the metadata service behaves (default: up)

${commonHelp}

Exit status: 0 if the health check would pass (without COMMAND and --docker: if
the address reached the app's environment), 1 if not, 2 wrong usage, 130
interrupted.

Examples
  eb-hosts rehearse
  eb-hosts rehearse -- gunicorn mysite.wsgi --bind '127.0.0.1:$PORT'
  eb-hosts rehearse --property SECRET_KEY=x -- 'npm run migrate && npm start'
`;

export interface RehearseRequest {
  readonly cwd: string;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly platform: EnginePlatform | undefined;
  readonly properties: ReadonlyMap<string, string>;
  readonly configUpdate: boolean;
  readonly twice: boolean;
  readonly allHooks: boolean;
  readonly metadata: MetadataMode;
  /** Null: nothing is started. */
  readonly command: readonly string[] | null;
  readonly docker: boolean;
}

/** Reads the flags of `rehearse`.
 * @throws UserError `usage` */
export function readRehearseRequest(argv: readonly string[]): RehearseRequest {
  const end = argv.indexOf('--');
  const flags = end === -1 ? argv : argv.slice(0, end);
  const command = end === -1 ? null : argv.slice(end + 1);
  const { values } = parseOptions('rehearse', flags, options);
  if (command !== null) checkCommand(command);
  if (command !== null && values.docker === true) {
    throw usage('rehearse', '--docker starts the bundle itself: leave out -- COMMAND');
  }
  return {
    cwd: values.cwd ?? '.',
    json: values.json === true,
    quiet: values.quiet === true,
    platform: values.platform,
    properties: new Map((values.property ?? []).map(readProperty)),
    configUpdate: values['config-update'] === true,
    twice: values.twice === true,
    allHooks: values['all-hooks'] === true,
    metadata: values.imds ?? 'up',
    command,
    docker: values.docker === true,
  };
}

function readProperty(text: string): [name: string, value: string] {
  const equals = text.indexOf('=');
  if (equals < 1) throw usage('rehearse', `--property takes NAME=VALUE, not '${text}'`);
  if (text.includes('\0')) throw usage('rehearse', '--property cannot hold a NUL character');
  return [text.slice(0, equals), text.slice(equals + 1)];
}

function checkCommand(command: readonly string[]): void {
  if (command.length === 0) throw usage('rehearse', 'the command after -- is missing');
  const emptied = command.find((word) => /^(?:\S*(?:localhost|\d|\])):$/.test(word));
  if (emptied !== undefined) {
    throw usage(
      'rehearse',
      `'${emptied}' lacks its port: quote $PORT, else your shell replaces it by nothing`,
    );
  }
}
