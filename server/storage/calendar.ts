/**
 * Days of the operator's time zone (`TZ`). A day is stored as midnight UTC of its date, so stored days are always 24
 * hours apart.
 */

export const DAY_MS = 24 * 3600_000;

/** The local day that contains this moment. @param at Epoch milliseconds. */
export function calendarDay(at: number): number {
  const date = new Date(at);
  return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
}

/** Local midnight of a day, in epoch milliseconds. Days on which the clock changes have 23 or 25 hours. */
export function startOfDay(day: number): number {
  const date = new Date(day);
  return new Date(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()).getTime();
}

/** Parses `2026-11-30`; undefined for anything else, dates before 1970 and dates that do not exist. */
export function parseDay(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  const day = Date.parse(`${text}T00:00:00Z`);
  // Date.parse would turn the 30th of February into a day of March.
  return day >= 0 && new Date(day).toISOString().startsWith(text) ? day : undefined;
}
