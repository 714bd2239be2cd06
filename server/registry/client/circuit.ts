import type { Clock } from '../../clock.ts';
import type { AppError } from '../../errors.ts';
import type { Logger } from '../../log.ts';

/** Failures in a row after which callers stop waiting for a registry that is gone. */
const FAILURES_TO_OPEN = 5;
const OPEN_MS = 3000;

/**
 * Keeps a dead registry from holding everybody up: after some failures in a row calls fail at once with the last
 * reason, and every few seconds one call tries again. Logs one line per change, however many calls fail.
 */
export function createCircuit({ log, clock }: { readonly log: Logger; readonly clock: Clock }) {
  let failures = 0;
  let last: AppError | undefined;
  let closedUntil = Number.NEGATIVE_INFINITY;

  return {
    /** @throws {AppError} the last failure, while the registry is taken to be gone. */
    enter(): void {
      if (last === undefined || failures < FAILURES_TO_OPEN) return;
      if (clock() < closedUntil) throw last;
      closedUntil = clock() + OPEN_MS;
    },
    succeeded(): void {
      if (failures > 0) log.info({}, 'registry reachable again');
      failures = 0;
      last = undefined;
    },
    failed(error: AppError): void {
      if (failures === 0) log.warn({ reason: error.message }, 'registry not reachable');
      failures += 1;
      last = error;
      closedUntil = clock() + OPEN_MS;
    },
  };
}
