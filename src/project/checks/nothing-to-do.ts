import type { Survey } from '../survey.ts';

/** Why a hook has nothing to do in this project, as one sentence; null where it may have. */
export function nothingToDo({ reading }: Survey): string | null {
  return reading.settings[0]?.source === 'wildcard'
    ? 'the list admits every host, so the health check is not refused'
    : null;
}
