/** The largest ID of a row. PostgreSQL refuses to compare with a larger number; SQLite would find nothing. */
export const MAX_ID = 2_147_483_647;

/** Whether the number can be the ID of a row. */
export function isRowId(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= MAX_ID;
}
