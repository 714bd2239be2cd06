import type { Response } from 'express';
import type { Bus } from '../../bus/bus.ts';

export interface LiveReadsDeps {
  readonly bus: Pick<Bus, 'subscribe'>;
  readonly opened: (repository: string) => void;
  readonly now: () => number;
}

/** As pages ask for it: the list of repositories. No repository can have that name. */
const CATALOG = '*';

/** A page that tells how old its list is. */
export interface Reader {
  /** A repository, or `CATALOG`. */
  readonly of: string;
  readonly response: Response;
  readonly maySee: (repository: string) => Promise<boolean>;
}

/** Where no events come: what an open page lists is read now and then while it is open, and the page told when it was. */
export function createLiveReads({ bus, opened, now }: LiveReadsDeps) {
  const readers = new Set<Reader>();

  bus.subscribe('repository-read', ({ repository }) => tell(repository));
  bus.subscribe('catalog-read', () => tell(CATALOG));

  function tell(what: string): void {
    const data = JSON.stringify({ at: now() });
    for (const { of, response } of readers) if (of === what) response.write(`event: read\ndata: ${data}\n\n`);
  }

  /** To be called again while the page stays open. */
  async function look(reader: Reader): Promise<void> {
    const isList = reader.of === CATALOG;
    const isSeen = isList || (await reader.maySee(reader.of));
    // The page may have been closed meanwhile.
    if (!isSeen || reader.response.destroyed) return void readers.delete(reader);
    readers.add(reader);
    if (!isList) opened(reader.of);
  }

  return { look, end: (reader: Reader): void => void readers.delete(reader) };
}
export type LiveReads = ReturnType<typeof createLiveReads>;
