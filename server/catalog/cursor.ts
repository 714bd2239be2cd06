export { likePattern } from '../storage/like.ts';

/** Where a page of a list ended: the sort value and the name of its last row. Opaque to everybody else. */
export interface Position {
  readonly value: string | number;
  readonly key: string;
}

export function encodeCursor({ value, key }: Position): string {
  return Buffer.from(JSON.stringify([value, key])).toString('base64url');
}

/** `undefined` for anything we did not make: the list then starts at its beginning. */
export function decodeCursor(text: string | undefined): Position | undefined {
  if (text === undefined || text === '' || text.length > 2000) return undefined;
  try {
    const [value, key] = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as unknown[];
    const isValue = typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value));
    return isValue && typeof key === 'string' ? { value, key } : undefined;
  } catch {
    return undefined;
  }
}

export const MOST_ROWS = 100;

export function rowLimit(asked: number): number {
  return Math.min(MOST_ROWS, Math.max(1, Math.trunc(asked) || 1));
}
