import type { Logger } from '../log.ts';

const AFTER_ERROR_MS = 2000;

export interface Loop {
  /** Makes a pass soon; calls during a pass lead to one more. */
  readonly wake: () => void;
  readonly start: () => void;
  /** Resolves when the running pass has ended. */
  readonly stop: () => Promise<void>;
}

export interface LoopOptions {
  /** How long a call of `wake` waits for others: each pass costs a synced commit. */
  readonly gatherMs: number;
  /** May return the milliseconds after which it wants to run again. */
  readonly pass: () => Promise<number | undefined>;
  readonly log: Logger;
}

/** Runs `pass` whenever it was woken, never twice at once. */
export function createLoop({ gatherMs, pass, log }: LoopOptions): Loop {
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
    if (woken) plan(gatherMs);
    else if (againMs !== undefined) plan(Math.max(gatherMs, againMs));
  }

  function fail(error: unknown): void {
    log.error({ error }, 'notifications not processed');
    working = undefined;
    plan(AFTER_ERROR_MS);
  }

  return {
    wake(): void {
      if (!woken) plan(gatherMs);
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
