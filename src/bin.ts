#!/usr/bin/env node
import { dirname } from 'node:path';
import { openCodeCache } from './code-cache.ts';
import { type Bundle, loadBundle } from './load-bundle.ts';

/** Filled in by scripts/build.mjs. */
declare const bundle: Bundle;

loadBundle(__dirname, bundle, openCodeCache(dirname(__dirname), process.argv.slice(2), bundle.build));
