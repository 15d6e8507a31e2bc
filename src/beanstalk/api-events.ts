import {
  DescribeEventsCommand,
  type EventDescription,
  type EventSeverity,
} from '@aws-sdk/client-elastic-beanstalk';
import { type Connection, call } from './connection.ts';
import type { Environment, EnvironmentEvent } from './environment.ts';
import { pages } from './paging.ts';
import { told } from './redaction.ts';

/** Events of an environment, oldest first.
 * @param filter by the update's id, or since a moment (the service's clock, not ours) */
export async function readEvents(
  connection: Connection,
  environment: Pick<Environment, 'name' | 'application'>,
  filter: {
    requestId?: string | undefined;
    since?: Date | undefined;
    newest?: number;
    severity?: EventSeverity;
  },
  limit?: AbortSignal,
): Promise<readonly EnvironmentEvent[]> {
  const events: EnvironmentEvent[] = [];
  const nextPage = pages();
  let token: string | undefined;
  do {
    const page = await call(
      connection,
      'DescribeEvents',
      (options) =>
        connection.client.send(
          new DescribeEventsCommand({
            ApplicationName: environment.application,
            EnvironmentName: environment.name,
            RequestId: filter.requestId,
            StartTime: filter.since,
            Severity: filter.severity,
            MaxRecords: filter.newest,
            NextToken: token,
          }),
          options,
        ),
      limit,
    );
    events.push(...(page.Events ?? []).map((event) => eventOf(event, connection)));
    token = filter.newest === undefined ? nextPage(page.NextToken) : undefined;
  } while (token !== undefined);
  return events.reverse();
}

function eventOf(event: EventDescription, { secrets }: Connection): EnvironmentEvent {
  return {
    date: event.EventDate?.toISOString() ?? null,
    severity: told(event.Severity ?? 'INFO', secrets),
    message: told(event.Message ?? '', secrets),
    requestId: event.RequestId,
  };
}
