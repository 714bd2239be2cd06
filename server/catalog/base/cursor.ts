/** Where a page of a list ended: the sort value and the key of its last row. Opaque to everybody else. */
export interface Position {
  readonly value: string | number;
  readonly key: string;
  /** Which of several lists read one behind the other. */
  readonly part?: string | undefined;
  /** The page that ends before this row, instead of the one that begins behind it. */
  readonly isBackwards?: boolean | undefined;
}

export function encodeCursor({ value, key, part = '', isBackwards = false }: Position): string {
  const parts = isBackwards ? [value, key, part, 1] : part === '' ? [value, key] : [value, key, part];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** `undefined` for anything we did not make: the list then starts at its beginning. */
export function decodeCursor(text: string | undefined): Position | undefined {
  if (text === undefined || text === '' || text.length > 2000) return undefined;
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    const [value, key, part = '', backwards = 0] = parts as unknown[];
    const isValue = typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value));
    if (!isValue || typeof key !== 'string' || typeof part !== 'string') return undefined;
    // PostgreSQL refuses a text with NUL, and no name has one.
    if (`${value}${key}`.includes('\0')) return undefined;
    return { value, key, part, isBackwards: backwards === 1 };
  } catch {
    return undefined;
  }
}

export const MAX_ROWS = 100;

export function rowLimit(asked: number): number {
  return Math.min(MAX_ROWS, Math.max(1, Math.trunc(asked) || 1));
}
