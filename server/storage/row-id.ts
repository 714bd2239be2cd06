/** The largest id of a row. PostgreSQL refuses to compare one with anything larger, SQLite finds nothing. */
export const MAX_ID = 2_147_483_647;

export function isRowId(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= MAX_ID;
}
