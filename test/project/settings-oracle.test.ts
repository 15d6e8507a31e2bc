import { describe, expect, it } from 'vitest';
import type { Separator } from '../../src/project/project.ts';
import { askPython, pythonWith } from '../support/python.ts';
import { type Idiom, idioms } from './settings-idioms.ts';

/** Runs each text under each environment and tells ALLOWED_HOSTS, or null where it raises. */
const program = `
import json, os, sys
answers = []
for text, environments in json.load(sys.stdin):
    results = []
    for environment in environments:
        os.environ.clear()
        os.environ.update(environment)
        names = {"__name__": "settings"}
        try:
            exec(compile(text, "settings.py", "exec"), names)
            hosts = names.get("ALLOWED_HOSTS")
            results.append([h for h in hosts if isinstance(h, str) and h.strip()])
        except Exception:
            results.append(None)
    answers.append(results)
json.dump(answers, sys.stdout)
`;

const spell: Record<Separator, (hosts: readonly string[]) => string> = {
  comma: (hosts) => hosts.join(','),
  space: (hosts) => hosts.join(' '),
  semicolon: (hosts) => hosts.join(';'),
  json: (hosts) => JSON.stringify(hosts),
  none: (hosts) => hosts[0] ?? '',
};

const ip = '10.0.0.1';
const site = 'a.example';

type Answers = (string[] | null)[];

/** What a text makes of the variable set to the site and the address, of the address alone, and of nothing. */
function environmentsFor({ variable, separator, environment }: Idiom): Record<string, string>[] {
  const set = (value: string) => ({ ...environment, [variable ?? '']: value });
  const write = spell[separator ?? 'none'];
  return [set(write(separator === 'none' ? [ip] : [site, ip])), set(write([ip])), { ...environment }];
}

const asked = idioms.filter(({ unasked, separator }) => unasked === null && separator !== null);
const groups = new Set(asked.map(({ needs }) => needs.join(', ')));

for (const needs of groups) {
  const group = asked.filter((idiom) => idiom.needs.join(', ') === needs);
  const python = pythonWith(...(needs === '' ? [] : needs.split(', ')));
  const title = needs === '' ? 'idioms in real Python' : `idioms in real Python with ${needs}`;
  if (python === undefined) {
    describe.skip(`${title} (skipped: no Python that imports it)`, () => {
      it.each(group)('$title', () => {});
    });
    continue;
  }
  describe(title, () => {
    const questions = group.map((idiom) => [idiom.text, environmentsFor(idiom)]);
    const answers = askPython(python, program, questions) as Answers[];
    it.each(group.map((idiom, index) => ({ ...idiom, answers: answers[index] ?? [] })))('$title', (idiom) => {
      const [both, alone, unset] = idiom.answers;
      expect(both).toContain(ip);
      if (idiom.separator !== 'none') expect(both).toContain(site);
      const own = alone?.filter((host) => host !== ip) ?? [];
      expect(own.length > 0 ? 'extra-hosts' : 'whole-list').toBe(idiom.role);
      const hosts = unset?.filter((host) => !own.includes(host)) ?? null;
      expect(hosts === null ? null : [...hosts].sort()).toEqual(
        idiom.default === null ? null : [...idiom.default].sort(),
      );
    });
  });
}
