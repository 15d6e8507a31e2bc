import { main } from './main.ts';
import { endProcess, processIo } from './process-io.ts';

void main(process.argv.slice(2), processIo()).then(endProcess);
