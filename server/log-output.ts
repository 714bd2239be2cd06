/** Writes log lines so that neither a slow reader nor a full disk blocks or ends the process. */
import { fstatSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { monotonic } from './clock.ts';

/** @returns the number of bytes written. @throws when none can be written now. */
export type Write = (bytes: Buffer) => number;

export interface LogOutputOptions {
  readonly write: Write;
  readonly now?: () => number;
  readonly maxWaitingBytes?: number;
}

export interface LogOutput {
  readonly write: (line: string) => void;
  /** Writes what waits, for at most half a second. For the end of the process. */
  readonly flush: () => void;
}

const MAX_WAITING_BYTES = 4 * 1024 * 1024;
const MAX_BATCH_LENGTH = 64 * 1024;
/** Lines of level info may wait until the end of the turn. */
const ROUTINE = '{"level":"info"';
const RETRY_MS = 100;
const MAX_FLUSH_MS = 500;
const FLUSH_PAUSE_MS = 5;

/**
 * Writes warnings and errors at once, other lines at the end of the event loop's turn, because writing line by line
 * would cost a busy server a tenth of its time. While nothing can be written, lines wait, up to a limit; then the
 * oldest are dropped, because the newest say what happened last. The number of dropped lines is logged once writing
 * works again.
 */
export function createLogOutput(options: LogOutputOptions): LogOutput {
  const { write, now = Date.now, maxWaitingBytes = MAX_WAITING_BYTES } = options;
  const waiting: string[] = [];
  let waitingLength = 0;
  /** Rest of a batch that was partly written. */
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

  /** @returns whether everything was written. */
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

/** A full pipe or disk or a missing reader may recover at any time, so failures only mean: nothing written yet. */
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
    msg: 'log lines dropped: the output could not be written',
  };
  return Buffer.from(`${JSON.stringify(fields)}\n`);
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

// Referenced here, because a handle that is garbage collected closes its descriptor.
const handles: Socket[] = [];

/** Writes to an open descriptor; pipes and sockets are made non-blocking, so that a slow reader never blocks us. */
export function writeTo(descriptor: number): Write {
  const stat = fstatSync(descriptor);
  if (stat.isFIFO() || stat.isSocket()) handles.push(unblocked(descriptor));
  return (bytes) => writeSync(descriptor, bytes);
}

/** Opening a handle sets O_NONBLOCK on the descriptor, which Node.js offers no other way to do. */
function unblocked(descriptor: number): Socket {
  const handle = new Socket({ fd: descriptor, readable: false, writable: true });
  handle.on('error', () => undefined);
  return handle.unref();
}
