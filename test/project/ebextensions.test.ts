import { describe, expect, it } from 'vitest';
import { readEbExtensions } from '../../src/project/ebextensions/ebextensions.ts';
import { readHealthOptions } from '../../src/project/ebextensions/health-options.ts';
import { snapshotOf } from '../support/snapshot.ts';

function read(text: string, file = '.ebextensions/a.config') {
  return readEbExtensions(snapshotOf({ [file]: text }));
}

function options(text: string) {
  return read(text).options.map(({ namespace, option, value, line }) => [namespace, option, value, line]);
}

const process = 'aws:elasticbeanstalk:environment:process:default';
const properties = 'aws:elasticbeanstalk:application:environment';

describe('option_settings', () => {
  it.each<[string, string, unknown[][]]>([
    [
      'a mapping',
      `option_settings:\n  ${process}:\n    HealthCheckPath: /health/\n    MatcherHTTPCode: 200\n`,
      [
        [process, 'HealthCheckPath', '/health/', 3],
        [process, 'MatcherHTTPCode', '200', 4],
      ],
    ],
    [
      'a list',
      `option_settings:\n  - namespace: ${process}\n    option_name: HealthCheckPath\n    value: "/h"\n`,
      [[process, 'HealthCheckPath', '/h', 3]],
    ],
    [
      'a list without namespace: environment properties',
      'option_settings:\n  - option_name: DEBUG\n    value: no\n',
      [[properties, 'DEBUG', 'no', 2]],
    ],
    [
      'a namespace above a list',
      `option_settings:\n  ${process}:\n  - option_name: HealthCheckPath\n    value: /x\n`,
      [[process, 'HealthCheckPath', '/x', 3]],
    ],
    [
      'a list of mappings by namespace',
      `option_settings:\n  - ${process}:\n      HealthCheckPath: /x\n`,
      [[process, 'HealthCheckPath', '/x', 3]],
    ],
    [
      'JSON',
      `{"option_settings": [{"namespace": "${process}", "option_name": "HealthCheckPath", "value": "/x"}]}`,
      [[process, 'HealthCheckPath', '/x', 1]],
    ],
    [
      'JSON with tabs',
      `{\n\t"option_settings": {\n\t\t"${process}": {\n\t\t\t"HealthCheckPath": "/x"\n\t\t}\n\t}\n}`,
      [[process, 'HealthCheckPath', '/x', 4]],
    ],
    [
      'values that YAML 1.1 would turn into others',
      'option_settings:\n  n:\n    A: yes\n    B: 0755\n    C: 12:30\n    D: 1e3\n    E: "on"\n    F: ~\n    G:\n',
      [
        ['n', 'A', 'yes', 3],
        ['n', 'B', '0755', 4],
        ['n', 'C', '12:30', 5],
        ['n', 'D', '1e3', 6],
        ['n', 'E', 'on', 7],
        ['n', 'F', null, 8],
        ['n', 'G', null, 9],
      ],
    ],
    [
      'one-space indentation, CRLF, trailing blanks, no final newline',
      'option_settings:\r\n n:  \r\n  A: b  \r\n  C: ${D}',
      [
        ['n', 'A', 'b', 3],
        ['n', 'C', '${D}', 4],
      ],
    ],
    [
      'anchors and merge keys',
      'x: &base\n  A: 1\n  B: 2\noption_settings:\n  n:\n    <<: *base\n    B: 3\n  m: *base\n',
      [
        ['n', 'A', '1', 2],
        ['n', 'B', '3', 7],
        ['m', 'A', '1', 2],
        ['m', 'B', '2', 3],
      ],
    ],
    ['a null section', 'option_settings:\ncontainer_commands:\n', []],
    ['comments only', '# option_settings:\n#   n: {}\n', []],
    ['an empty file', '', []],
    [
      'the last of equal keys too',
      'option_settings:\n  n:\n    A: 1\n    A: 2\n',
      [
        ['n', 'A', '1', 3],
        ['n', 'A', '2', 4],
      ],
    ],
  ])('%s', (_, text, expected) => {
    expect(options(text)).toEqual(expected);
  });

  it('counts a value that is a mapping as none, and says what it is', () => {
    expect(read('option_settings:\n  n:\n    Doc:\n      a: 1\n').options).toMatchObject([
      { option: 'Doc', value: null, shape: 'map' },
    ]);
  });
});

describe('a file that is broken', () => {
  it('is a finding with line and column, and the rest is read', () => {
    const { findings, options } = read('option_settings:\n  n:\n    A: `b`\n    C: d\n');
    expect(findings).toMatchObject([
      { code: 'ebextensions-invalid', severity: 'error', file: '.ebextensions/a.config', line: 3 },
    ]);
    expect(findings[0]?.message).toContain('line 3, column 8');
    expect(options.map(({ option }) => option)).toEqual(['A', 'C']);
  });

  it.each(['a:\n\tb: 1\n', 'a: [1\n', 'key: "open\n', 'just words', '- a\n- b\n', 'a: b: c'])(
    '%j',
    (text) => {
      expect(read(text).findings.map(({ code }) => code)).toEqual(['ebextensions-invalid']);
    },
  );

  it.each(['a: {\n"b": 1\n}\n', 'a:\n  b: "x\ny"\n', 'a: "x"#c\n'])(
    'is in doubt where readers disagree: %j',
    (text) => {
      expect(read(text).findings).toMatchObject([{ code: 'ebextensions-invalid', severity: 'warning' }]);
    },
  );

  it('is passed over where it is a template', () => {
    expect(read('option_settings:\n  n:\n    A: {{ value }}\n    B: {% if x %}\n').findings).toEqual([]);
  });

  it.each(['option_settings:\n  n:\n    A: [a, b\n    C: d\n', 'option_settings:\n  n:\n    A: "b\n'])(
    'is an error where a bracket or quote is never closed: %j',
    (text) => {
      expect(read(text).findings).toMatchObject([{ code: 'ebextensions-invalid', severity: 'error' }]);
    },
  );
});

describe('the rest of a file', () => {
  it('reads commands of both sections, as text or as a list', () => {
    const { commands } = read(
      'commands:\n  01:\n    command: "echo a"\ncontainer_commands:\n  02_x:\n    command: [chmod, +x, y]\n  03:\n    test: z\n',
    );
    expect(commands.map(({ section, command, line }) => [section, command, line])).toEqual([
      ['commands', 'echo a', 3],
      ['container_commands', 'chmod +x y', 6],
    ]);
  });

  it('says that one of two equal sections is lost, and that a misspelt one is ignored', () => {
    const { findings } = read(
      'option_settings:\n  n: {}\noption_settings:\n  m: {}\ncontainer-commands:\n  a: {}\n',
    );
    expect(findings.map(({ severity, line, fix }) => [severity, line, fix])).toEqual([
      ['warning', 3, expect.stringContaining("below one 'option_settings:'")],
      ['warning', 5, "write 'container_commands'"],
    ]);
  });

  it('reads .config files of that one directory, in order', () => {
    const snapshot = snapshotOf({
      '.ebextensions/b.config': 'option_settings: {n: {A: 2}}',
      '.ebextensions/a.config': 'option_settings: {n: {A: 1}}',
      '.ebextensions/a.config.bak': 'option_settings: {n: {A: 3}}',
      '.ebextensions/sub/c.config': 'option_settings: {n: {A: 4}}',
      'old/.ebextensions/d.config': 'option_settings: {n: {A: 5}}',
    });
    expect(readEbExtensions(snapshot).options.map(({ value }) => value)).toEqual(['1', '2']);
  });
});

describe('health-check options', () => {
  it('are those of every process and of the classic balancer', () => {
    const text = `
option_settings:
  aws:elasticbeanstalk:environment:process:api:
    HealthCheckPath: /api
    StickinessEnabled: true
  aws:elasticbeanstalk:application:
    Application Healthcheck URL: /old
    Other: x
  aws:elb:healthcheck:
    Target: HTTP:80/x
`;
    expect(
      readHealthOptions(read(text)).map(({ namespace, option, value }) => [namespace, option, value]),
    ).toEqual([
      ['aws:elasticbeanstalk:environment:process:api', 'HealthCheckPath', '/api'],
      ['aws:elasticbeanstalk:application', 'Application Healthcheck URL', '/old'],
      ['aws:elb:healthcheck', 'Target', 'HTTP:80/x'],
    ]);
  });
});
