/** The one wait of the tests: reads again until the awaited value is there, and says what it saw last when the time is over. */
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { withTimeout } from '../../../server/with-timeout.ts';

export interface WaitOptions<Value> {
  readonly timeoutMs?: number;
  readonly pauseMs?: number;
  /** Whether this value is the awaited one; default: any truthy one. */
  readonly until?: (value: Value) => boolean;
}

// Most of what is waited for takes less than a second, but a busy machine may be slow.
const TIMEOUT_MS = 60_000;
const PAUSE_MS = 25;
const MAX_SHOWN_LENGTH = 2000;

/**
 * Reads until the value is the awaited one, and returns it. An error of `read` means "not yet".
 * @throws after `timeoutMs`, also when a read never ends: with the last value and the last error.
 */
export async function eventually<Value>(
  what: string,
  read: () => Value | Promise<Value>,
  { timeoutMs = TIMEOUT_MS, pauseMs = PAUSE_MS, until = Boolean }: WaitOptions<Value> = {},
): Promise<Value> {
  const start = performance.now();
  const leftMs = () => start + timeoutMs - performance.now();
  let seen = 'no value was read';
  let failure: unknown;
  do {
    try {
      const found = await withTimeout(readOnce(read), Math.max(1, leftMs()));
      if (found === undefined) break;
      if (until(found.value)) return found.value;
      seen = `last value: ${show(found.value)}`;
    } catch (error) {
      failure = error;
    }
    await sleep(pauseMs);
  } while (leftMs() > 0);
  const cause = failure === undefined ? '' : `\nlast error: ${show(failure)}`;
  throw new Error(`Not within ${timeoutMs} ms: ${what}\n${seen}${cause}`, { cause: failure });
}

async function readOnce<Value>(read: () => Value | Promise<Value>): Promise<{ readonly value: Value }> {
  return { value: await read() };
}

function show(value: unknown): string {
  const text = typeof value === 'string' ? value : inspect(value, { depth: 5, maxArrayLength: 20 });
  return text.length <= MAX_SHOWN_LENGTH ? text : `${text.slice(0, MAX_SHOWN_LENGTH)} … (${text.length} characters)`;
}
