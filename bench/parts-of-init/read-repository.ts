// All that `init` and `doctor` do before they act, as a program of its own.
import { takeSnapshot } from '../../src/repository/take-snapshot.ts';

// As they do, it loads the readers while git answers.
void Promise.all([takeSnapshot(process.cwd()), import('../../src/project/read-project.ts')]).then(
  ([snapshot, { readProject }]) => readProject(snapshot),
);
