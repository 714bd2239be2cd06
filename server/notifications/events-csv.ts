import { setImmediate as nextTurn } from 'node:timers/promises';
import { type CsvCell, csvLine } from '../http/csv.ts';
import type { EventFilter } from './event-query.ts';
import type { EventStore, RegistryEvent } from './events.ts';

export interface EventsCsv {
  readonly text: string;
  /** Where the rest begins; undefined when the table holds all of them. */
  readonly next: string | undefined;
}

export const MAX_CSV_EVENTS = 10_000;

/** The names that the JSON API has for the same. */
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

/** The filtered events as a table, newest first and bounded. */
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
    // The driver of SQLite answers at once: others have their turn in between.
    await nextTurn();
  }
  return { text: lines.join(''), next };
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
