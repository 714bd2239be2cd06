/** Position in a list: sort value and key of a row. Opaque to callers. */
export interface Position {
  readonly value: string | number;
  readonly key: string;
  /** Which of several consecutive lists. */
  readonly part?: string | undefined;
  /** The page that ends before this row, instead of the one that begins after it. */
  readonly isBackwards?: boolean | undefined;
}

/** Text of a position, for `decodeCursor`. Not signed. */
export function encodeCursor({ value, key, part = '', isBackwards = false }: Position): string {
  const parts = isBackwards ? [value, key, part, 1] : part === '' ? [value, key] : [value, key, part];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** `undefined` for invalid text: the list then starts at its beginning. */
export function decodeCursor(text: string | undefined): Position | undefined {
  if (text === undefined || text === '' || text.length > 2000) return undefined;
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    const [value, key, part = '', backwards = 0] = parts as unknown[];
    const isValue = typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value));
    if (!isValue || typeof key !== 'string' || typeof part !== 'string') return undefined;
    // PostgreSQL refuses text with NUL, and no name contains it.
    if (`${value}${key}`.includes('\0')) return undefined;
    return { value, key, part, isBackwards: backwards === 1 };
  } catch {
    return undefined;
  }
}

export const MAX_ROWS = 100;

/** A page size from 1 to 100. */
export function rowLimit(asked: number): number {
  return Math.min(MAX_ROWS, Math.max(1, Math.trunc(asked) || 1));
}
