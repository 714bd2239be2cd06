/** Days as people in the operator's zone (`TZ`) live them. Each is written as midnight UTC of its date, so days are 24 hours apart. */

export const DAY_MS = 24 * 3600_000;

export function calendarDay(at: number): number {
  const date = new Date(at);
  return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
}

/** When a day begins. Days with a change of the clock have 23 or 25 hours. */
export function dayBegin(day: number): number {
  const date = new Date(day);
  return new Date(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()).getTime();
}

/** `2026-11-30` of an address or a form; undefined for what is no day from 1970 on. */
export function parseDay(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  const day = Date.parse(`${text}T00:00:00Z`);
  // The 30th of February would be one of March.
  return day >= 0 && new Date(day).toISOString().startsWith(text) ? day : undefined;
}
