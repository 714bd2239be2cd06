/**
 * Receiving notifications: envelopes are stored (`intake.ts`), parsed (`project.ts`), shown (`events.ts`) and deleted
 * (`retention.ts`). `catalog/` applies events to the index.
 */

import type { Insertable } from 'kysely';
import { AppError } from '../errors.ts';
import type { Database } from '../storage/database.ts';
import type { EnvelopesTable } from '../storage/schema.ts';
import { insertEnvelopes } from './envelope-writes.ts';
import { ENVELOPE_ROW_BYTES } from './unverified-budget.ts';

/** One request body, as it arrived. */
export interface Envelope {
  readonly mediaType: string;
  /** Address of the sender's machine. */
  readonly source: string;
  /** The request carried the configured secret. */
  readonly verified: boolean;
  readonly body: Buffer;
  /** Why it must not be parsed; it is quarantined. */
  readonly error?: string;
}

export interface Stored {
  /** Bytes of unverified envelopes, for their limit. */
  readonly unverifiedBytes: number;
}

/** An envelope that must not be parsed. */
export type UnreadableEnvelope = Pick<Envelope, 'verified'>;

export interface IntakeDeps {
  readonly db: Database;
  readonly now: () => number;
  /**
   * Stores large envelopes where nobody waits for the event loop: 8 MB take SQLite 50 ms and more. Left out, or when it
   * fails, they are stored here.
   */
  readonly storeLarge?: (rows: readonly EnvelopeRow[]) => Promise<void>;
  /** Called after each commit; senders do not wait for it. */
  readonly onStored: (stored: Stored) => void;
  readonly onOdd: (odd: UnreadableEnvelope) => void;
}

export type EnvelopeRow = Insertable<EnvelopesTable>;

interface Waiting {
  readonly row: EnvelopeRow;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

// Keeps a statement below SQLite's limit of variables, and a commit short enough for the next sender.
const MAX_PER_COMMIT = 64;
const MAX_BYTES_PER_COMMIT = 16 * 1024 * 1024;
const MIN_LARGE_BYTES = 512 * 1024;
const MAX_WAITING = 2000;
const MAX_BYTES_WAITING = 64 * 1024 * 1024;

/** Concurrent envelopes share one commit, because a synced commit costs the same for one row and for fifty. */
export function createIntake({ db, now, storeLarge, onStored, onOdd }: IntakeDeps) {
  const queue: Waiting[] = [];
  let waitingBytes = 0;
  let running: Promise<void> | undefined;

  async function store(rows: readonly EnvelopeRow[]): Promise<void> {
    const bytes = rows.reduce((sum, row) => sum + row.size_bytes, 0);
    if (storeLarge === undefined || bytes < MIN_LARGE_BYTES) return insertEnvelopes(db, rows);
    // Events have IDs: an envelope that is stored twice is applied once.
    await storeLarge(rows).catch(() => insertEnvelopes(db, rows));
  }

  async function commit(batch: readonly Waiting[]): Promise<void> {
    try {
      await store(batch.map((each) => each.row));
    } catch (cause) {
      const error = notStored(cause);
      for (const each of batch) each.reject(error);
      return;
    }
    for (const each of batch) each.resolve();
    onStored({ unverifiedBytes: batch.reduce((sum, { row }) => sum + unverifiedBytes(row), 0) });
    for (const { row } of batch) if (row.state === 'quarantined') onOdd({ verified: row.verified === 1 });
  }

  function takeBatch(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { row } of queue) {
      bytes += row.size_bytes;
      if (count === MAX_PER_COMMIT || (count > 0 && bytes > MAX_BYTES_PER_COMMIT)) break;
      count += 1;
    }
    const batch = queue.splice(0, count);
    waitingBytes -= batch.reduce((sum, { row }) => sum + row.size_bytes, 0);
    return batch;
  }

  async function run(): Promise<void> {
    while (queue.length > 0) {
      // All requests that were read in this turn of the event loop join the commit.
      await new Promise(setImmediate);
      await commit(takeBatch());
    }
    running = undefined;
  }

  return {
    /**
     * Resolves once the envelope is synced to disk.
     * @throws {AppError} UNAVAILABLE when it could not be written, or too many wait.
     */
    record(envelope: Envelope): Promise<void> {
      const row = rowOf(envelope, now());
      if (queue.length >= MAX_WAITING || waitingBytes + row.size_bytes > MAX_BYTES_WAITING) {
        return Promise.reject(notStored(new Error('too many envelopes wait to be written')));
      }
      waitingBytes += row.size_bytes;
      return new Promise((resolve, reject) => {
        queue.push({ row, resolve, reject });
        running ??= run();
      });
    },
    /** Resolves when everything accepted so far is written. */
    async drain(): Promise<void> {
      await running;
    },
  };
}
export type Intake = ReturnType<typeof createIntake>;

function rowOf(envelope: Envelope, receivedAt: number): EnvelopeRow {
  return {
    received_at: receivedAt,
    media_type: envelope.mediaType.slice(0, 200),
    source: envelope.source,
    verified: envelope.verified ? 1 : 0,
    size_bytes: envelope.body.length,
    body: envelope.body,
    state: envelope.error === undefined ? 'new' : 'quarantined',
    error: envelope.error ?? null,
  };
}

function unverifiedBytes({ verified, size_bytes }: EnvelopeRow): number {
  return verified === 1 ? 0 : size_bytes + ENVELOPE_ROW_BYTES;
}

function notStored(cause: unknown): AppError {
  // The error already says why and what to do.
  if (cause instanceof AppError) return cause;
  return new AppError('UNAVAILABLE', 'The event could not be stored; send it again.', {
    cause,
    key: 'eventNotStored',
    retryAfterSeconds: 1,
  });
}
