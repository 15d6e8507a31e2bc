import type { Fault } from './metadata-faults.ts';

export const metadataModes = ['up', 'down', 'slow', 'v1-off', 'flaky'] as const;
/** How the metadata service behaves in a rehearsal. */
export type MetadataMode = (typeof metadataModes)[number];

/** The faults of each mode. */
export const metadataFaults: Record<MetadataMode, readonly Fault[]> = {
  up: [],
  'v1-off': [],
  down: [{ on: 'token', behaviour: 'refused' }],
  slow: [
    { on: 'token', behaviour: 'slow' },
    { on: 'item', behaviour: 'slow' },
  ],
  // What a fresh instance now and then shows in its first seconds.
  flaky: [
    { on: 'token', behaviour: 503, times: 1 },
    { on: 'token', behaviour: 'reset', times: 1 },
    { on: 'item', behaviour: 401, times: 1 },
    { on: 'item', behaviour: 'cut', times: 1 },
  ],
};
