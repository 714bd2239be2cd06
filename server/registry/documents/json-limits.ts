import { AppError } from '../../errors.ts';

/** Limits for parsing JSON: memory and time depend on the number of values, not of bytes. */
export interface JsonLimits {
  readonly maxValues: number;
  readonly maxDepth: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Counts the values before parsing: 30 MB of `{},` would become ten million objects.
 * @throws {AppError} TOO_LARGE beyond the limits.
 * @throws {SyntaxError} when it is not JSON.
 */
export function parseLimitedJson(bytes: Buffer, limits: JsonLimits): unknown {
  if (!isWithinLimits(bytes, limits)) throw tooLargeToRead();
  return JSON.parse(bytes.toString('utf8'));
}

/** Counts values and depth without parsing. Reads each byte once. */
export function isWithinLimits(bytes: Uint8Array, { maxValues, maxDepth }: JsonLimits): boolean {
  let values = 0;
  let depth = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) at = endOfString(bytes, at);
    else if (byte === COMMA) values += 1;
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      values += 1;
      depth += 1;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) depth -= 1;
    if (values > maxValues || depth > maxDepth) return false;
  }
  return true;
}

/** Index of the closing quote, or the length of the text. */
function endOfString(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}

/** The TOO_LARGE error for content that exceeds a limit; returned, not thrown. */
export function tooLargeToRead(): AppError {
  return new AppError('TOO_LARGE', 'This content is too large to read', { key: 'contentTooLarge' });
}
