import type { Snapshot } from '../snapshot.ts';

/** A line of a Procfile. */
export interface ProcfileEntry {
  readonly name: string;
  readonly command: string;
  readonly line: number;
}

/** The processes of the Procfile in the snapshot's root; none if there is no Procfile. */
export function readProcfile(snapshot: Snapshot): ProcfileEntry[] {
  const lines = (snapshot.text('Procfile') ?? '').split('\n');
  return lines.flatMap((text, index) => {
    const match = /^([A-Za-z0-9_-]+)\s*:\s*(.*?)\s*$/.exec(text);
    if (match === null) return [];
    return [{ name: match[1] ?? '', command: match[2] ?? '', line: index + 1 }];
  });
}

/** Whether a command starts an HTTP server, as far as it says. */
export function servesHttp(command: string): boolean {
  if (/\b(?:worker|beat|flower|qcluster|rqworker|run_huey|process_tasks|sidekiq)\b/.test(command))
    return false;
  return /\b(?:gunicorn|uvicorn|daphne|hypercorn|waitress-serve|uwsgi|runserver|runmodwsgi|puma|unicorn|thin|rails s(?:erver)?|flask run|granian|bjoern|cheroot|dotnet|next start|http-server|serve)\b/.test(
    command,
  );
}
