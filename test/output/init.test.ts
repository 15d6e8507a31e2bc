import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/findings.ts';
import { type Choices, defaultChoices } from '../../src/hooks/choices.ts';
import type { FileChange } from '../../src/hooks/plan.ts';
import { type InitReport, renderPlan } from '../../src/output/init.ts';
import { renderProject } from '../../src/output/project.ts';
import { plain } from '../../src/output/text.ts';
import type { Project } from '../../src/project/project.ts';

const project: Project = {
  framework: 'django',
  platform: 'python',
  delivery: 'systemd',
  appRoot: '.',
  settings: [
    {
      file: 'mysite/settings.py',
      line: 28,
      source: 'environment',
      variable: 'ALLOWED_HOSTS',
      separator: 'comma',
      role: 'whole-list',
      default: ['example.com'],
    },
  ],
  evidence: [
    {
      conclusion: 'python',
      because: 'the EB CLI is set to Python 3.12',
      file: '.elasticbeanstalk/config.yml',
      line: 6,
    },
    { conclusion: 'django', because: 'manage.py starts it', file: 'manage.py', line: null },
  ],
  healthCheckOptions: [],
  properties: [],
  healthPath: '/health/',
};

function change(path: string, action: FileChange['action'], before: string, after: string): FileChange {
  const file = (text: string) => ({ text, mode: 0o755 });
  return {
    path,
    action,
    before: action === 'create' ? undefined : file(before),
    after: action === 'delete' ? undefined : file(after),
    reason: action === 'conflict' ? 'it was edited by hand' : null,
  };
}

const report: InitReport = {
  project,
  choices: { ...defaultChoices, hosts: ['example.com'] },
  property: null,
  changes: [
    change('.platform/hooks/predeploy/10_eb_hosts.sh', 'create', '', 'a\nb\nc\n'),
    change('mysite/settings.py', 'update', 'a\n', 'a\nb\nc\n'),
    change('.ebextensions/eb-hosts.config', 'delete', 'a\n', ''),
    change('same.sh', 'unchanged', 'a\n', 'a\n'),
  ],
  proposed: null,
  findings: [],
};
const plan = (changes: Partial<InitReport> = {}, columns = 80) =>
  renderPlan({ ...report, ...changes }, { style: plain, columns, prefix: '', env: {} });

describe('the plan of init', () => {
  it('says what was found, what is written, and what the list is going to be', () => {
    expect(
      `${renderProject(project, { style: plain, columns: 80 })}\n${plan()}`,
    ).toBe(`framework django  (manage.py)
platform  python  (.elasticbeanstalk/config.yml:6)
hosts     ALLOWED_HOSTS by commas, else example.com  (mysite/settings.py:28)
path      / (not set in .ebextensions)  (the app also has /health/)

+ .platform/hooks/predeploy/10_eb_hosts.sh  3 lines
~ mysite/settings.py                        +2
- .ebextensions/eb-hosts.config

on an instance with the address 10.0.1.5:
  ALLOWED_HOSTS=example.com,10.0.1.5
`);
  });

  it.each([80, 120])('keeps within 30 lines of %i columns, however much there is to say', (columns) => {
    const long = 'something-long/'.repeat(20);
    const findings: Finding[] = Array.from({ length: 60 }, () => ({
      code: 'hooks-missing',
      severity: 'error',
      file: long,
      line: 1,
      message: 'one word after another '.repeat(40),
      fix: long.repeat(3),
    }));
    const text = plan(
      {
        project: {
          ...project,
          settings: [{ ...(project.settings[0] as Project['settings'][0]), file: long, default: [long] }],
        },
        choices: {
          ...defaultChoices,
          hosts: Array.from({ length: 90 }, (_, index) => `host${index}.example.com`),
        },
        changes: Array.from({ length: 6 }, (_, index) => change(`${long}${index}`, 'conflict', 'a\n', 'b\n')),
        findings,
      },
      columns,
    );
    const lines = text.split('\n').slice(0, -1);
    expect(lines.length).toBeLessThanOrEqual(30);
    expect(lines.filter((line) => line.length > columns)).toEqual([]);
    expect(text).toContain('57 more: eb-hosts doctor\n');
  });

  it('names the worst first', () => {
    const findings = (['info', 'warning', 'info', 'error'] as const).map(
      (severity): Finding => ({
        code: 'hooks-missing',
        severity,
        file: null,
        line: null,
        message: 'm',
        fix: 'f',
      }),
    );
    expect(plan({ findings }).match(/^(error|warning|info|\d more)/gm)).toEqual([
      'error',
      'warning',
      'info',
      '1 more',
    ]);
  });

  it.each<[Partial<Choices>, string | null, string]>([
    [
      { hosts: [] },
      null,
      'ALLOWED_HOSTS only where the environment property ALLOWED_HOSTS is set: no other hosts are known',
    ],
    [
      { hosts: [], role: 'extra-hosts', variable: 'EB_HOSTS' },
      null,
      "EB_HOSTS=10.0.1.5beside the app's own example.com",
    ],
    [{ hosts: ['a.com'] }, 'b.com', 'ALLOWED_HOSTS=b.com,10.0.1.5'],
    [
      { hosts: ['a.com', 'b.com'], separator: 'space', ipv6: true },
      null,
      'ALLOWED_HOSTS=a.com b.com 10.0.1.5 [2001:db8::5]',
    ],
    [{ hosts: ['a.com'], separator: 'json' }, null, 'ALLOWED_HOSTS=["a.com","10.0.1.5"]'],
    [{ hosts: [], separator: 'json', role: 'extra-hosts' }, null, 'ALLOWED_HOSTS=["10.0.1.5"]'],
    [{ hosts: ['a.com'], separator: 'json' }, '["*"]', 'ALLOWED_HOSTS=["*"]'],
    [{ hosts: ['*'] }, null, 'ALLOWED_HOSTS=*'],
    [{ separator: 'none', hosts: ['localhost'] }, null, 'ALLOWED_HOSTS=10.0.1.5'],
    [{ separator: 'none' }, 'a.com', 'ALLOWED_HOSTS=a.com'],
  ])('spells out the list for %j and the property %j', (choices, property, expected) => {
    const text = plan({ choices: { ...defaultChoices, ...choices }, property });
    expect(
      text
        .split('10.0.1.5:\n')[1]
        ?.replace(/\n {2}/g, '')
        .trim(),
    ).toBe(expected);
  });
});
