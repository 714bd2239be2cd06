import type { Response } from 'express';
import type { Bus } from '../../bus/bus.ts';

export interface LiveReadsDeps {
  readonly bus: Pick<Bus, 'subscribe'>;
  readonly opened: (repository: string) => void;
  readonly now: () => number;
}

/** The query value for the list of repositories; no repository can have this name. */
const CATALOG = '*';

/** An open page that shows the age of its list. */
export interface ListReader {
  /** Name of a repository, or `CATALOG`. */
  readonly of: string;
  readonly response: Response;
  readonly maySee: (repository: string) => Promise<boolean>;
}

/** For registries without notifications: the list of an open page is read regularly, and the page gets the time of it. */
export function createLiveReads({ bus, opened, now }: LiveReadsDeps) {
  const readers = new Set<ListReader>();

  bus.subscribe('repository-read', ({ repository }) => tell(repository));
  bus.subscribe('catalog-read', () => tell(CATALOG));

  function tell(what: string): void {
    const data = JSON.stringify({ at: now() });
    for (const { of, response } of readers) if (of === what) response.write(`event: read\ndata: ${data}\n\n`);
  }

  /** Marks the list as open, so that it is read again. Call it regularly while the page is open. */
  async function markOpen(reader: ListReader): Promise<void> {
    const isList = reader.of === CATALOG;
    const isSeen = isList || (await reader.maySee(reader.of));
    // The page may have been closed during the await.
    if (!isSeen || reader.response.destroyed) return void readers.delete(reader);
    readers.add(reader);
    if (!isList) opened(reader.of);
  }

  return { markOpen, end: (reader: ListReader): void => void readers.delete(reader) };
}
export type LiveReads = ReturnType<typeof createLiveReads>;
