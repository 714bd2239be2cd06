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
