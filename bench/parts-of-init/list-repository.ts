// The first step of reading a repository, as a program of its own.
import { takeSnapshot } from '../../src/repository/take-snapshot.ts';

void takeSnapshot(process.cwd());
