import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { decodeCursor, encodeCursor, type Position, rowLimit } from './cursor.ts';

export type Direction = 'asc' | 'desc';

export interface AskedPage {
  /** `next` or `previous` of another page. */
  readonly after?: string | undefined;
  /** At most 100. */
  readonly limit: number;
}

export interface KeyPage<Row> {
  readonly rows: readonly Row[];
  readonly next: string | undefined;
  readonly previous: string | undefined;
}

export interface Reading {
  readonly position: Position | undefined;
  /** Against the order of the list, beginning with the row next to `position`. */
  readonly isBackwards: boolean;
  readonly limit: number;
}

/**
 * Keyset pagination: the last page costs as much as the first.
 * @param read Reads rows after (or before) a position, nearest first.
 */
export async function readKeyPage<Row>(
  asked: AskedPage,
  read: (reading: Reading) => Promise<readonly Row[]>,
  positionOf: (row: Row) => Position,
): Promise<KeyPage<Row>> {
  const limit = rowLimit(asked.limit);
  const position = decodeCursor(asked.after);
  const cursor = (row: Row | undefined, isBackwards: boolean) =>
    row === undefined ? undefined : encodeCursor({ ...positionOf(row), isBackwards });
  if (position?.isBackwards === true) {
    const found = await read({ position, isBackwards: true, limit: limit + 1 });
    // Less than a page before the position: read the first page instead, so that it is full.
    if (found.length <= limit) return readKeyPage({ limit }, read, positionOf);
    const rows = found.slice(0, limit).reverse();
    return { rows, previous: cursor(rows[0], true), next: cursor(rows.at(-1), false) };
  }
  const found = await read({ position, isBackwards: false, limit: limit + 1 });
  const rows = found.slice(0, limit);
  const next = found.length > limit ? cursor(rows.at(-1), false) : undefined;
  if (position === undefined) return { rows, next, previous: undefined };
  const previous = cursor(rows[0], true) ?? encodeCursor({ ...position, isBackwards: true });
  return { rows, next, previous };
}

/** Sort expression and tie-break of a list, exactly as in the index. */
export interface KeyOrder {
  readonly value: RawBuilder<string | number>;
  readonly key: RawBuilder<string | number>;
  readonly direction: Direction;
  readonly isText: boolean;
  /** The tie-break is a number; cursors contain it as text. */
  readonly isNumericKey?: boolean;
}

/** Condition and `order by` for a page. */
export function keyClauses(
  order: KeyOrder,
  { position, isBackwards }: Pick<Reading, 'position' | 'isBackwards'>,
): { readonly behind: RawBuilder<SqlBool>; readonly orderBy: RawBuilder<unknown> } {
  const isRising = (order.direction === 'asc') !== isBackwards;
  const way = sql.raw(isRising ? 'asc' : 'desc');
  // When the list is sorted by the key itself: naming it twice would prevent the use of the index.
  const isByKey = order.value === order.key;
  const orderBy = isByKey ? sql`${order.key} ${way}` : sql`${order.value} ${way}, ${order.key} ${way}`;
  const key = position === undefined ? undefined : keyOf(position, order);
  if (position === undefined || key === undefined) return { behind: sql<SqlBool>`1 = 1`, orderBy };
  const comparison = sql.raw(isRising ? '>' : '<');
  if (isByKey) return { behind: sql<SqlBool>`${order.key} ${comparison} ${key}`, orderBy };
  return { behind: sql<SqlBool>`(${order.value}, ${order.key}) ${comparison} (${position.value}, ${key})`, orderBy };
}

/** A cursor of another order (an edited address) is ignored, because databases would compare it differently. */
function keyOf({ value, key }: Position, order: KeyOrder): string | number | undefined {
  if ((typeof value === 'string') !== order.isText) return undefined;
  if (order.isNumericKey !== true) return key;
  return Number.isSafeInteger(Number(key)) ? Number(key) : undefined;
}

/** Filtered lists with more rows show "1000+". */
export const MAX_COUNTED = 1000;

export interface Total {
  readonly total: number;
  /** False: `total` is a lower bound. */
  readonly isExact: boolean;
}

export const exactTotal = (total: number): Total => ({ total, isExact: true });

/** @param found Counted up to `MAX_COUNTED + 1`. */
export function cappedTotal(found: number): Total {
  return { total: Math.min(found, MAX_COUNTED), isExact: found <= MAX_COUNTED };
}
