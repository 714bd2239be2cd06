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
 * One page of a list that knows its place by the key of a row, so that the last page costs what the first one does.
 *
 * @param read Rows behind (or before) a position, in the order in which they lie from there.
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
    // Fewer than a page before it: the first page, so that it is full and says that it is the first.
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

/** What a list is sorted by, and its tie-break: one expression each, exactly as the index has them. */
export interface KeyOrder {
  readonly value: RawBuilder<string | number>;
  readonly key: RawBuilder<string | number>;
  readonly direction: Direction;
  readonly isText: boolean;
  /** The tie-break is a number; cursors carry it as text. */
  readonly isNumericKey?: boolean;
}

/** The two ends of a query over a `KeyOrder`: the condition that begins the page, and `order by`. */
export function keyClauses(
  order: KeyOrder,
  { position, isBackwards }: Pick<Reading, 'position' | 'isBackwards'>,
): { readonly behind: RawBuilder<SqlBool>; readonly orderBy: RawBuilder<unknown> } {
  const isRising = (order.direction === 'asc') !== isBackwards;
  const way = sql.raw(isRising ? 'asc' : 'desc');
  // The key itself: naming it twice would hide the index from the engine.
  const isByKey = order.value === order.key;
  const orderBy = isByKey ? sql`${order.key} ${way}` : sql`${order.value} ${way}, ${order.key} ${way}`;
  const key = position === undefined ? undefined : keyOf(position, order);
  if (position === undefined || key === undefined) return { behind: sql<SqlBool>`1 = 1`, orderBy };
  const comparison = sql.raw(isRising ? '>' : '<');
  if (isByKey) return { behind: sql<SqlBool>`${order.key} ${comparison} ${key}`, orderBy };
  return { behind: sql<SqlBool>`(${order.value}, ${order.key}) ${comparison} (${position.value}, ${key})`, orderBy };
}

/** A cursor of another order (somebody edited the address) counts as none: the engines would not agree on it. */
function keyOf({ value, key }: Position, order: KeyOrder): string | number | undefined {
  if ((typeof value === 'string') !== order.isText) return undefined;
  if (order.isNumericKey !== true) return key;
  return Number.isSafeInteger(Number(key)) ? Number(key) : undefined;
}

/** Beyond this a filtered list says "1000+". */
export const MAX_COUNTED = 1000;

export interface Total {
  readonly total: number;
  /** False: there are at least `total`. */
  readonly isExact: boolean;
}

export const exactly = (total: number): Total => ({ total, isExact: true });

/** @param found Counted up to `MAX_COUNTED + 1`. */
export function cappedTotal(found: number): Total {
  return { total: Math.min(found, MAX_COUNTED), isExact: found <= MAX_COUNTED };
}
