import { createHmac, timingSafeEqual } from 'node:crypto';
import { AppError } from '../errors.ts';

/** The list that a cursor was made for. */
export interface Place {
  readonly route: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | readonly string[]>>;
}

const MAC_LENGTH = 16;

/**
 * Signs the cursors of stores together with their list, so that an invented or truncated cursor, or one of another
 * list, is refused instead of giving a meaningless page.
 */
export function createCursors(secret: string) {
  const mac = (cursor: string, place: Place) =>
    createHmac('sha256', secret)
      .update(`cursor\0${textOf(place)}\0${cursor}`)
      .digest('base64url')
      .slice(0, MAC_LENGTH);
  return {
    seal: (cursor: string, place: Place): string => `${mac(cursor, place)}${Buffer.from(cursor).toString('base64url')}`,
    /** @throws {AppError} INVALID for a cursor that is not ours, or of another list. */
    open(sealed: string, place: Place): string {
      const cursor = Buffer.from(sealed.slice(MAC_LENGTH), 'base64url').toString('utf8');
      const [given, ours] = [Buffer.from(sealed.slice(0, MAC_LENGTH)), Buffer.from(mac(cursor, place))];
      if (given.length === ours.length && timingSafeEqual(given, ours)) return cursor;
      throw new AppError('INVALID', 'This cursor belongs to another list. Start again without `after`.', {
        field: 'after',
      });
    },
  };
}
export type Cursors = ReturnType<typeof createCursors>;

/** Without the limit, which does not affect where the next page begins. */
function textOf({ route, params, query }: Place): string {
  const filters = Object.entries(query).filter(([name]) => name !== 'after' && name !== 'limit');
  return JSON.stringify([route, sorted(Object.entries(params)), sorted(filters)]);
}

function sorted<Value>(entries: readonly (readonly [string, Value])[]) {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
}
