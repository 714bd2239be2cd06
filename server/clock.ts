/**
 * Two clocks, never mixed: `now` tells the date (`Date.now`), for what is shown, stored, or stands in certificates and
 * tokens; it jumps. What lasts or waits is measured by a `Clock`.
 */

/** Milliseconds that only go forward; they begin anywhere, so that only differences of them mean something. */
export type Clock = () => number;

export const monotonic: Clock = () => performance.now();
