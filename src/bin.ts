#!/usr/bin/env node
import { dirname } from 'node:path';
import { openCodeCache } from './code-cache.ts';
import { loadBundle } from './load-bundle.ts';

/** What the build called the bundle of cli.ts. */
declare const entry: string;

loadBundle(__dirname, entry, openCodeCache(dirname(__dirname), process.argv.slice(2), entry));
