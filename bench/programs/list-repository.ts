// The first step of reading a repository, as a program of its own.
import { takeSnapshot } from '../../src/repository/take-snapshot.ts';

await takeSnapshot(process.cwd());
