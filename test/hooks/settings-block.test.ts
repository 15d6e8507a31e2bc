import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hookPath } from '../../src/generated-paths.ts';
import { type Choices, deliveries, onFailures, verifications } from '../../src/hooks/choices.ts';
import { defaultChoices } from '../../src/hooks/default-choices.ts';
import { renderFiles } from '../../src/hooks/render.ts';
import { parseSettingsBlock } from '../../src/hooks/settings-block.ts';
import { readSignature } from '../../src/hooks/signature.ts';
import { checkVariable, isHost, isPath } from '../../src/hooks/validation.ts';
import { roles, separators } from '../../src/project/project.ts';

const hook = (choices: Partial<Choices> = {}): string =>
  renderFiles({ ...defaultChoices, ...choices }, { version: '1.2.3' }).find(({ path }) => path === hookPath)
    ?.text ?? '';

const anyChoices: fc.Arbitrary<Choices> = fc.record({
  variable: fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,20}$/).filter((name) => {
    try {
      return checkVariable(name) === name;
    } catch {
      return false;
    }
  }),
  separator: fc.constantFrom(...separators),
  role: fc.constantFrom(...roles),
  hosts: fc.array(fc.string({ minLength: 1 }).filter(isHost), { maxLength: 4 }),
  hostsFrom: fc.constantFrom('app' as const, 'flag' as const),
  delivery: fc.constantFrom(...deliveries),
  ipv6: fc.boolean(),
  onFailure: fc.constantFrom(...onFailures),
  verify: fc.constantFrom(...verifications),
  healthCheckPath: fc.option(
    fc
      .string()
      .map((path) => `/${path}`)
      .filter(isPath),
  ),
  matcher: fc.constantFrom(null, '200', '200,301', '200-299'),
  process: fc.stringMatching(/^[a-z][a-z0-9_-]{0,10}$/),
});

describe('the settings block', () => {
  it('gives back every choice that was written', () => {
    fc.assert(
      fc.property(anyChoices, (choices) => {
        expect(parseSettingsBlock(hook(choices), 'hook')).toEqual(choices);
      }),
    );
  });

  it('is read in spite of CRLF, comments, other quotes and settings of an older version', () => {
    const edited = hook()
      .replace("SEPARATOR='comma'", 'SEPARATOR=space   # as our app wants it')
      .replace("VERIFY='warn'", 'VERIFY="fail"')
      .replace(/^MATCHER=.*\n/m, '')
      .replaceAll('\n', '\r\n');
    const choices = parseSettingsBlock(edited, 'hook');
    expect(choices).toMatchObject({ separator: 'space', verify: 'fail', variable: 'ALLOWED_HOSTS' });
    expect(choices).not.toHaveProperty('matcher');
  });

  it.each([
    ["SEPARATOR='coma'", /^hook:\d+: SEPARATOR: takes comma\|.*, not 'coma'$/],
    ["VARIABLE='LD_PRELOAD'", /^hook:\d+: VARIABLE: /],
    ["HOSTS='a;b'", /^hook:\d+: HOSTS: 'a;b' is not a host name$/],
    ['HOSTS="$(id)"', /^hook:\d+: not a setting/],
    ["COLOUR='blue'", /^hook:\d+: not a setting/],
    ['rm -rf /', /^hook:\d+: not a setting/],
  ])('refuses %s with file and line', (line, message) => {
    const name = line.split('=')[0] ?? '';
    const text = hook();
    const edited = text.includes(`\n${name}=`)
      ? text.replace(new RegExp(`^${name}=.*$`, 'm'), () => line)
      : text.replace("VARIABLE='ALLOWED_HOSTS'", () => `VARIABLE='ALLOWED_HOSTS'\n${line}`);
    expect(() => parseSettingsBlock(edited, 'hook')).toThrow(message);
    const place = Number(/:(\d+):/.exec(catchMessage(() => parseSettingsBlock(edited, 'hook')))?.[1]);
    expect(edited.split('\n')[place - 1]).toBe(line);
  });

  it('never throws anything but a UserError', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(2000), (noise, at) => {
        const text = hook();
        const edited = text.slice(0, at) + noise + text.slice(at);
        try {
          parseSettingsBlock(edited, 'hook');
        } catch (error) {
          expect(error).toHaveProperty('name', 'UserError');
        }
      }),
    );
  });

  it('names no variable that the hook gives a value of its own before it reads the property', () => {
    // `HOSTS`, which apps use, the hook keeps apart.
    const assigned = [...hook().matchAll(/^([a-z_]+|[A-Z0-9_]+)=/gm)].flatMap(([, name = '']) => name);
    expect(assigned).toContain('list_directory');
    const allowed = assigned.filter((name) => {
      try {
        return checkVariable(name) === name;
      } catch {
        return false;
      }
    });
    expect(allowed).toEqual(['HOSTS']);
  });
});

describe('the signature', () => {
  it('holds whatever the settings and the line ends', () => {
    fc.assert(
      fc.property(anyChoices, (choices) => {
        for (const { text } of renderFiles(choices, { version: '1.2.3' })) {
          expect(readSignature(text)).toEqual({ version: '1.2.3', intact: true });
          expect(readSignature(text.replaceAll('\n', '\r\n'))).toEqual({ version: '1.2.3', intact: true });
        }
      }),
      { numRuns: 20 },
    );
    expect(readSignature(hook().replace(/^SEPARATOR=.*/m, 'SEPARATOR=space'))).toMatchObject({
      intact: true,
    });
  });

  it('breaks with any other edit', () => {
    const text = hook();
    const lines = text.split('\n');
    const outside = lines.flatMap((line, index) =>
      /^(?:# Generated|[A-Z0-9_]+=|# .*)/.test(line) ? [] : [index],
    );
    for (const index of outside.slice(0, 200)) {
      const edited = lines.with(index, `${lines[index]} `).join('\n');
      expect(readSignature(edited), `line ${index + 1}`).toMatchObject({ intact: false });
    }
    expect(readSignature('#!/bin/sh\necho mine\n')).toBeUndefined();
  });
});

function catchMessage(action: () => unknown): string {
  try {
    action();
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
