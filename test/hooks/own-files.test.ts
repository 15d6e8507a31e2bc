import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { defaultChoices, writeChoices } from '../../src/hooks/choices.ts';
import { renderFiles } from '../../src/hooks/render.ts';
import { packageRoot } from '../../src/package-root.ts';

const choices = { ...defaultChoices, healthCheckPath: '/health/' };
const { hosts: _, ...given } = choices;
const files = renderFiles(choices, writeChoices(given));

it.each(files)("this repository's own $path is what init writes (npm run generate)", (file) => {
  const path = join(packageRoot, file.path);
  expect(readFileSync(path, 'utf8')).toBe(file.text);
  expect((statSync(path).mode & 0o111) !== 0).toBe((file.mode & 0o111) !== 0);
});
