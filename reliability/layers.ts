/** A part of the way that is made to fail, and the tests that do it. */
export interface Layer {
  readonly title: string;
  readonly about: string;
  readonly files: readonly string[];
  /** Of these files, the tests whose full name matches; all where it is not given. */
  readonly only?: RegExp;
  /** What makes the run a long one; a variable that is set already is left as it is. */
  readonly environment?: Readonly<Record<string, string>>;
}

export const layers: readonly Layer[] = [
  {
    title: 'Metadata service',
    about: `An emulated service on this machine answers wrongly, late, in part or not at all; on the booted instance it sits at
169.254.169.254. *New file*: the list with the right address was written, at once or after further tries.`,
    files: ['test/hook/metadata.test.ts', 'test/instance/metadata.test.ts'],
    only: /^(?!.*a sound service)/,
  },
  {
    title: 'File system',
    about: `*Old file* and *new file* are the whole file, byte for byte. With \`--on-failure warn\` the deployment goes on, and the hook
takes its own old list away if the disk lets it.`,
    files: ['test/hook/file-system.test.ts', 'test/instance/life.test.ts'],
    only: /disk|mode|\/tmp|in place of/,
  },
  {
    title: 'Kills',
    about: `The hook is killed by SIGKILL (three times out of four) or SIGTERM, at points spread over its whole run; then it runs
undisturbed, and must leave the new file and nothing of the killed runs. Counted are the kills that came before its end.`,
    files: ['test/hook/kill.test.ts'],
    environment: { EB_HOSTS_KILLS: '250' },
  },
  {
    title: 'Hostile values',
    about: `Values, lines and properties that a reader, a shell or a tool takes for more than text. What was written is read back by the
rules of its reader, by docker and docker-compose themselves, and by the app of a booted instance; each run is repeated
and must change no byte.`,
    files: [
      'test/hook/value.test.ts',
      'test/hook/lines.test.ts',
      'test/hook/readers.test.ts',
      'test/hook/steering.test.ts',
      'test/instance/attack.test.ts',
      'test/instance/separators.test.ts',
    ],
  },
  {
    title: 'Engine variants',
    about: `Instances whose engine, platform or life differs from the documented one: drop-ins deleted, the environment file rewritten
late, staging elsewhere, no or a broken get-config, images of live instances, crashes and reboots.`,
    files: [
      'test/hook/delivery.test.ts',
      'test/instance/life.test.ts',
      'test/instance/verify.test.ts',
      'test/instance/docker.test.ts',
      'test/instance/scale-out.test.ts',
    ],
    // Those belong to the file system.
    only: /^(?!.*the disk is)/,
  },
  {
    title: 'Elastic Beanstalk API',
    about: `The real AWS SDK against a local server with the service's protocol and state machine. *How often* counts the calls that
met a fault.`,
    files: [
      'test/beanstalk/faults.test.ts',
      'test/beanstalk/follow.test.ts',
      'test/beanstalk/survey.test.ts',
      'test/cli/health-check.test.ts',
      'test/cli/health-check-process.test.ts',
    ],
    only: /fault|an update|busy|Ctrl-C|draft|nor to|may not be read|never ends|interrupt|refuse/,
  },
  {
    title: 'Soak',
    about: `Booted instances of three platforms, to which random things happen, the same for the same seed. After each the right hosts
must be served, all others refused, and no file of the hook may have grown.`,
    files: ['test/instance/soak.test.ts'],
    environment: { EB_HOSTS_SOAK: '1000', EB_HOSTS_SOAK_SEED: '42' },
  },
];
