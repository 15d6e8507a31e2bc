// All that `init` and `doctor` do before they act, as a program of its own.
import { readProject } from '../../src/project/read-project.ts';
import { takeSnapshot } from '../../src/repository/take-snapshot.ts';

void takeSnapshot(process.cwd()).then(readProject);
