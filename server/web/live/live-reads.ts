import type { Response } from 'express';
import type { Changes } from '../../catalog/visibility/changes.ts';

export interface LiveReadsDeps {
  /** What was read from the registry: a repository, or `*` for their list. */
  readonly reads: Pick<Changes, 'subscribe'>;
  readonly opened: (repository: string) => void;
  readonly now: () => number;
}

/** A page that tells how old its list is. */
export interface Reader {
  /** A repository, or `*`. */
  readonly of: string;
  readonly response: Response;
  readonly maySee: (repository: string) => Promise<boolean>;
}

/** Where no events come: what an open page lists is read now and then while it is open, and the page told when it was. */
export function createLiveReads({ reads, opened, now }: LiveReadsDeps) {
  const readers = new Set<Reader>();

  reads.subscribe((what) => {
    const data = JSON.stringify({ at: now() });
    for (const { of, response } of readers) if (of === what) response.write(`event: read\ndata: ${data}\n\n`);
  });

  /** To be called again while the page stays open. */
  async function look(reader: Reader): Promise<void> {
    const isList = reader.of === '*';
    const isSeen = isList || (await reader.maySee(reader.of));
    // The page may have been closed meanwhile.
    if (!isSeen || reader.response.destroyed) return void readers.delete(reader);
    readers.add(reader);
    if (!isList) opened(reader.of);
  }

  return { look, end: (reader: Reader): void => void readers.delete(reader) };
}
export type LiveReads = ReturnType<typeof createLiveReads>;
