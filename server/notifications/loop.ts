import type { Logger } from '../log.ts';

// Long enough for a burst to share one pass, short enough for "within a second".
const GATHER_MS = 25;
const AFTER_ERROR_MS = 2000;

export interface Loop {
  /** Makes a pass soon; calls during a pass lead to one more. */
  readonly wake: () => void;
  readonly start: () => void;
  /** Resolves when the running pass has ended. */
  readonly stop: () => Promise<void>;
}

/** Runs `pass` whenever it was woken, never twice at once. `pass` may return the milliseconds after which it wants to run again. */
export function createLoop(pass: () => Promise<number | undefined>, log: Logger): Loop {
  let timer: NodeJS.Timeout | undefined;
  let working: Promise<void> | undefined;
  let woken = false;
  let running = false;

  function plan(afterMs: number): void {
    if (!running || working !== undefined) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      woken = false;
      working = pass().then(rest, fail);
    }, afterMs);
  }

  function rest(againMs: number | undefined): void {
    working = undefined;
    if (woken) plan(GATHER_MS);
    else if (againMs !== undefined) plan(Math.max(GATHER_MS, againMs));
  }

  function fail(error: unknown): void {
    log.error({ error }, 'notifications not processed');
    working = undefined;
    plan(AFTER_ERROR_MS);
  }

  return {
    wake(): void {
      if (!woken) plan(GATHER_MS);
      woken = true;
    },
    start(): void {
      running = true;
      woken = true;
      plan(0);
    },
    async stop(): Promise<void> {
      running = false;
      clearTimeout(timer);
      await working;
    },
  };
}
