/**
 * Two clocks, never mixed. `now` (`Date.now`) is the date, for what is shown, stored or signed; it jumps when the
 * system clock is set. Durations and waits are measured by a `Clock`.
 */

/** Monotonic milliseconds from an arbitrary start: only differences have a meaning. */
export type Clock = () => number;

export const monotonic: Clock = () => performance.now();
