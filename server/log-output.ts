/** Where log lines go: nothing that reads them, and no disk that is full, holds the process up or ends it. */
import { fstatSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { monotonic } from './clock.ts';

/** @returns how many of the bytes were taken. @throws when none can be now. */
export type Write = (bytes: Buffer) => number;

export interface LogOutputOptions {
  readonly write: Write;
  readonly now?: () => number;
  readonly maxWaitingBytes?: number;
}

export interface LogOutput {
  readonly write: (line: string) => void;
  /** For the end of the process: waits a moment for a reader that is slow. */
  readonly flush: () => void;
}

const MAX_WAITING_BYTES = 4 * 1024 * 1024;
const MAX_BATCH_LENGTH = 64 * 1024;
/** What is only told: such a line may wait for the others of its turn. */
const ROUTINE = '{"level":"info"';
const RETRY_MS = 100;
const MAX_FLUSH_MS = 500;
const FLUSH_PAUSE_MS = 5;

/**
 * Writes while that works: warnings and errors at once, the rest of one turn of the event loop together, because a busy
 * server would spend a tenth of its time on writing line by line. Otherwise lines wait, up to a limit; then the oldest go,
 * because the newest tell what happened last. How many went is told once writing works again.
 */
export function createLogOutput(options: LogOutputOptions): LogOutput {
  const { write, now = Date.now, maxWaitingBytes = MAX_WAITING_BYTES } = options;
  const waiting: string[] = [];
  let waitingLength = 0;
  /** What is left of the lines that are being written. */
  let rest: Buffer | undefined;
  let dropped = 0;
  let retry: NodeJS.Timeout | undefined;
  let endOfTurn: NodeJS.Immediate | undefined;

  function next(): Buffer | undefined {
    if (dropped > 0) {
      const notice = droppedLine(dropped, now());
      dropped = 0;
      return notice;
    }
    if (waiting.length === 0) return undefined;
    let count = 0;
    let length = 0;
    for (; count < waiting.length && length < MAX_BATCH_LENGTH; count += 1) length += waiting[count]?.length ?? 0;
    waitingLength -= length;
    return Buffer.from(waiting.splice(0, count).join(''));
  }

  /** @returns whether nothing is left. */
  function drain(): boolean {
    rest ??= next();
    while (rest !== undefined) {
      const taken = attempt(write, rest);
      if (taken === 0) return false;
      rest = taken < rest.length ? rest.subarray(taken) : next();
    }
    return true;
  }

  function dropOldest(): void {
    let index = 0;
    for (; waitingLength > maxWaitingBytes; index += 1) waitingLength -= waiting[index]?.length ?? 0;
    waiting.splice(0, index);
    dropped += index;
  }

  function work(): void {
    clearTimeout(retry);
    clearImmediate(endOfTurn);
    [retry, endOfTurn] = [undefined, undefined];
    if (!drain()) retry = setTimeout(work, RETRY_MS).unref();
  }

  return {
    write(line) {
      waiting.push(line);
      waitingLength += line.length;
      if (retry !== undefined) return dropOldest();
      if (!line.startsWith(ROUTINE) || waitingLength >= MAX_BATCH_LENGTH) return work();
      endOfTurn ??= setImmediate(work);
    },
    flush() {
      const end = monotonic() + MAX_FLUSH_MS;
      for (work(); retry !== undefined && monotonic() < end; work()) pause(FLUSH_PAUSE_MS);
    },
  };
}

/** A full pipe, a full disk, a reader that went away: all of that may be over in a moment, or never. */
function attempt(write: Write, bytes: Buffer): number {
  try {
    return write(bytes);
  } catch {
    return 0;
  }
}

function droppedLine(dropped: number, at: number): Buffer {
  const fields = {
    level: 'warn',
    time: new Date(at).toISOString(),
    dropped,
    msg: 'log lines dropped: nobody took them',
  };
  return Buffer.from(`${JSON.stringify(fields)}\n`);
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

// Kept, because a handle that is collected closes its descriptor.
const handles: Socket[] = [];

/** Writes to an open descriptor that never block where somebody reads: on pipes and sockets. */
export function writeTo(descriptor: number): Write {
  const stat = fstatSync(descriptor);
  if (stat.isFIFO() || stat.isSocket()) handles.push(unblocked(descriptor));
  return (bytes) => writeSync(descriptor, bytes);
}

/** A handle makes its descriptor non-blocking, the only way to that in Node. */
function unblocked(descriptor: number): Socket {
  const handle = new Socket({ fd: descriptor, readable: false, writable: true });
  handle.on('error', () => undefined);
  return handle.unref();
}
