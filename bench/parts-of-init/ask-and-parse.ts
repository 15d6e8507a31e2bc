// The least of what `init` is asked to do, as a program of its own: git is asked for the files, and the modules named by the
// arguments are parsed.
import { readFileSync } from 'node:fs';
import { parser } from '@lezer/python';
import { askGit } from '../../src/repository/git.ts';
import { indexedPaths } from '../../src/repository/git-index.ts';

const [, ...modules] = process.argv.slice(2);
askGit(process.cwd(), indexedPaths);
for (const module of modules) parser.parse(readFileSync(module, 'utf8'));
