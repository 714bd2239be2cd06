import { setImmediate as nextTurn } from 'node:timers/promises';
import { type CsvCell, csvLine } from '../http/csv.ts';
import type { EventFilter } from './event-query.ts';
import type { EventStore, RegistryEvent } from './events.ts';

export interface EventsCsv {
  readonly text: string;
  /** Position of the rest; undefined when the table is complete. */
  readonly next: string | undefined;
}

export const MAX_CSV_EVENTS = 10_000;

/** The same field names as in the JSON API. */
const COLUMNS = [
  ['id', ({ id }) => id],
  ['at', ({ at }) => timeText(at)],
  ['receivedAt', ({ receivedAt }) => timeText(receivedAt)],
  ['action', ({ action }) => action],
  ['repository', ({ repository }) => repository],
  ['tag', ({ tag }) => tag],
  ['digest', ({ digest }) => digest],
  ['mediaType', ({ mediaType }) => mediaType],
  ['sizeBytes', ({ sizeBytes }) => sizeBytes],
  ['fromRepository', ({ fromRepository }) => fromRepository],
  ['actor', ({ actor }) => actor],
  ['actorConfirmed', ({ actorConfirmed }) => actorConfirmed],
  ['address', ({ address }) => address],
  ['userAgent', ({ userAgent }) => userAgent],
] as const satisfies readonly (readonly [string, (event: RegistryEvent) => CsvCell])[];

/** The filtered events as CSV, newest first, at most `MAX_CSV_EVENTS`. */
export async function readEventsCsv(
  events: Pick<EventStore, 'list'>,
  filter: EventFilter,
  limit = MAX_CSV_EVENTS,
): Promise<EventsCsv> {
  const lines = [csvLine(COLUMNS.map(([name]) => name))];
  let next = filter.after;
  for (let left = limit; left > 0; ) {
    const page = await events.list({ ...filter, after: next, limit: left });
    lines.push(...page.rows.map((event) => csvLine(COLUMNS.map(([, cellOf]) => cellOf(event)))));
    next = page.next;
    if (next === undefined) break;
    left -= page.rows.length;
    // The SQLite driver is synchronous, so other requests get a turn in between.
    await nextTurn();
  }
  return { text: lines.join(''), next };
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
