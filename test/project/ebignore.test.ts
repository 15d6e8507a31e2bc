import { describe, expect, it } from 'vitest';
import { decidingRule } from '../../src/project/bundle/ebignore.ts';

const hook = '.platform/hooks/predeploy/10_eb_hosts.sh';
const config = '.ebextensions/eb-hosts.config';

describe('the line of an .ebignore that decides', () => {
  it.each([
    ['*.sh', hook, true],
    ['*.sh', config, false],
    ['*\n!.ebextensions/', hook, true],
    ['*\n!.ebextensions/', config, false],
    ['*\n!Dockerrun.aws.json\n!.ebextensions/**', config, false],
    ['.platform/\n!.platform/hooks/**', hook, false],
    ['!.platform\n.platform', hook, true],
    ['.*', hook, true],
    ['.*\n!.platform/', hook, false],
    ['/hooks', hook, false],
    ['hooks', hook, true],
    ['hooks/', hook, true],
    ['.platform/*', hook, true],
    ['.platform/*/predeploy', hook, true],
    ['**/predeploy/**', hook, true],
    ['PLATFORM\n.PLATFORM', hook, false],
    ['# .platform\n\n', hook, false],
    ['\\#x\n*eb_hosts*', hook, true],
    ['*db*', hook, false],
    ['*eb*\r\n', hook, true],
    ['.platform/hooks/predeploy/10_eb_hosts.s[gh]', hook, true],
    ['', hook, false],
  ])('%j decides over %s: left out %s', (text, path, ignored) => {
    expect(decidingRule(text, path)?.ignores ?? false).toBe(ignored);
  });

  it('is named', () => {
    expect(decidingRule('# all\nvenv/\n*.sh  \n', hook)).toEqual({ line: 3, text: '*.sh', ignores: true });
  });
});
