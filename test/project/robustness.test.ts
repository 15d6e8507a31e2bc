import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readProject } from '../../src/project/read-project.ts';
import { readYaml } from '../../src/project/yaml.ts';
import { snapshotOf } from '../support/snapshot.ts';

/** The places where something is read. */
const places = [
  '.ebextensions/a.config',
  '.ebextensions/b.config',
  '.elasticbeanstalk/config.yml',
  '.elasticbeanstalk/saved_configs/a.cfg.yml',
  '.ebignore',
  '.platform/hooks/predeploy/a.sh',
  '.github/workflows/a.yml',
  'Dockerrun.aws.json',
  'docker-compose.yml',
  'Procfile',
  'env.yaml',
  'buildspec.yml',
  'composer.json',
  'config/packages/framework.yaml',
  'config/environments/production.rb',
  'app/Http/Middleware/TrustHosts.php',
  'app/Http/Kernel.php',
  'Gemfile',
  'a.csproj',
  'appsettings.json',
];

/** Text made of the words that mean something, put together wrongly. */
const fragments = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'option_settings:\n',
        '  aws:elasticbeanstalk:environment:process:default:\n',
        '    HealthCheckPath: ',
        'container_commands:\n',
        '- namespace: ',
        'option_name: ',
        'value: ',
        'services:\n',
        '  web:\n',
        '    environment:\n',
        '    - A=',
        'Resources:\n',
        '"AWSEBDockerrunVersion": ',
        '{',
        '}',
        '[',
        ']',
        '&a ',
        '*a',
        '<<: ',
        '!Ref ',
        '? ',
        '| \n',
        '#!',
        '!',
        '**/',
        '[!a-',
        '\\',
        '"',
        "'",
        '\t',
        '\r\n',
        '\n',
        '{{ x }}',
        'zip -r a.zip -x ',
        'beanstalk',
        'gem "rails"',
        'config.hosts << ENV["A"].split(',
        '"laravel/framework"',
        '"symfony/framework-bundle"',
        'trusted_hosts: %env(',
        'default_platform: ',
        'Microsoft.NET.Sdk.Web',
        '"AllowedHosts": ',
      ),
      fc.string({ maxLength: 8 }),
    ),
    { maxLength: 25 },
  )
  .map((parts) => parts.join(''));

describe('no input', () => {
  it('makes the reader throw', () => {
    const files = fc.dictionary(fc.constantFrom(...places), fragments, { maxKeys: 8 });
    fc.assert(
      fc.property(files, (contents) => {
        const project = readProject(snapshotOf(contents));
        for (const { code, message, fix, line } of project.findings) {
          expect([code, message, fix].every((text) => text.trim() !== '')).toBe(true);
          expect(line === null || line >= 1).toBe(true);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('makes the reader of YAML throw, or answer a line that is not there', () => {
    fc.assert(
      fc.property(fc.oneof(fragments, fc.string({ unit: 'binary', maxLength: 60 })), (text) => {
        const { value, problem } = readYaml(text);
        const lines = text.split(/\r?\n/).length;
        expect(value.line).toBeGreaterThanOrEqual(1);
        expect(problem?.line ?? 1).toBeLessThanOrEqual(lines + 1);
      }),
      { numRuns: 100 },
    );
  });

  it('of strange paths does', () => {
    const paths = fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }), { maxLength: 10 });
    fc.assert(
      fc.property(paths, (names) => {
        const usable = names.filter((name) => !/^\.{0,2}\/|\/\.{1,2}(?:\/|$)|^\.{1,2}$/.test(name));
        readProject(snapshotOf(Object.fromEntries(usable.map((name) => [name, 'x']))));
      }),
      { numRuns: 100 },
    );
  });

  it('multiplies: aliases of aliases, deep nesting', () => {
    const bomb = `a: &a [x, x]\n${'bcdefghijklmnopqrst'
      .split('')
      .map(
        (name, index) =>
          `${name}: &${name} [*${String.fromCharCode(97 + index)}, *${String.fromCharCode(97 + index)}]\n`,
      )
      .join('')}`;
    readProject(snapshotOf({ '.ebextensions/a.config': bomb, 'docker-compose.yml': bomb }));
    readProject(
      snapshotOf({
        '.ebextensions/a.config': '['.repeat(100_000),
        'Dockerrun.aws.json': '{"a":'.repeat(50_000),
      }),
    );
  });
});
