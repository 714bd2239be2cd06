import type { Logger } from '../log.ts';

const AFTER_ERROR_MS = 2000;

export interface Loop {
  /** Runs a pass soon. Calls during a pass lead to one more. */
  readonly wake: () => void;
  readonly start: () => void;
  /** Resolves when the running pass has ended. */
  readonly stop: () => Promise<void>;
}

export interface LoopOptions {
  /** Delay after `wake`, so that several calls share one pass, which costs a synced commit. */
  readonly debounceMs: number;
  /** May return the milliseconds after which it must run again. */
  readonly pass: () => Promise<number | undefined>;
  readonly log: Logger;
}

/** Runs `pass` after each `wake`, never twice at once; after an error again in 2 s. */
export function createLoop({ debounceMs, pass, log }: LoopOptions): Loop {
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
    if (woken) plan(debounceMs);
    else if (againMs !== undefined) plan(Math.max(debounceMs, againMs));
  }

  function fail(error: unknown): void {
    log.error({ error }, 'notifications could not be processed');
    working = undefined;
    plan(AFTER_ERROR_MS);
  }

  return {
    wake(): void {
      if (!woken) plan(debounceMs);
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
