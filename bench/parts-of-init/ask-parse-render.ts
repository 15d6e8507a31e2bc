// The least of what `init --dry-run` is asked to do, with none of the thinking between, as a program of its own: git is asked
// for the files, the parsers of Python and YAML read those that decide, and the hooks are made and shown.
import { readFileSync } from 'node:fs';
import { parser } from '@lezer/python';
import { parseDocument } from 'yaml';
import { defaultChoices } from '../../src/hooks/choices.ts';
import { renderFiles } from '../../src/hooks/render.ts';
import { askGit } from '../../src/repository/git.ts';
import { indexedPaths } from '../../src/repository/git-index.ts';

const [, ...files] = process.argv.slice(2);
askGit(process.cwd(), indexedPaths);
for (const file of files) {
  const text = readFileSync(file, 'utf8');
  if (file.endsWith('.py')) parser.parse(text);
  else parseDocument(text);
}
for (const { text } of renderFiles(defaultChoices, { version: '0', command: [] })) process.stdout.write(text);
