#!/usr/bin/env node
import module from 'node:module';
import { main } from './cli.ts';
import { endProcess, processIo } from './process-io.ts';

// Node 22 and later keep what they have compiled: the commands are loaded after this line.
(module as { enableCompileCache?: () => void }).enableCompileCache?.();

await endProcess(await main(process.argv.slice(2), processIo()));
