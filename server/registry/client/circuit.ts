import type { Clock } from '../../clock.ts';
import type { AppError } from '../../errors.ts';
import type { Logger } from '../../log.ts';

/** Consecutive failures after which calls fail at once. */
const FAILURES_TO_OPEN = 5;
const OPEN_MS = 3000;

/**
 * A circuit breaker: after five consecutive failures calls fail at once with the last error, and every 3 s one call is
 * let through. Logs once when the registry becomes unreachable and once when it is back.
 */
export function createCircuit({ log, clock }: { readonly log: Logger; readonly clock: Clock }) {
  let failures = 0;
  let last: AppError | undefined;
  let closedUntil = Number.NEGATIVE_INFINITY;

  return {
    /** @throws {AppError} the last failure, while the circuit is open. */
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
