import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two cores: more workers than that only make processes under test starve.
    maxWorkers: 2,
    // Concurrent tests mostly wait: for time-outs of the hook, for processes.
    maxConcurrency: 6,
  },
});
