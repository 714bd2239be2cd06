/** Finds the entries of an envelope in its bytes, so that each can be parsed by itself. */

export type Span = readonly [begin: number, end: number];

// A manifest of 4 MiB has some 30 000 references with seven marks each; hostile JSON has millions, which would block
// the process.
const MAX_MARKS = 400_000;
const MAX_DEPTH = 32;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const OPEN_LIST = 0x5b;
const CLOSE_OBJECT = 0x7d;
const CLOSE_LIST = 0x5d;

/**
 * Yields where each entry of `events` begins and ends.
 * @param fail Called with the reason when not all could be found.
 */
export function* findEntries(body: Buffer, fail: (reason: string) => void): Generator<Span> {
  const list = findList(body);
  if (typeof list === 'string') return fail(list);
  let begin = list;
  const walk = createWalk();
  for (const index of structure(body, list)) {
    const byte = body[index];
    if (walk.depth() === 0 && (byte === COMMA || byte === CLOSE_LIST)) {
      if (body.toString('latin1', begin, index).trim() !== '') yield [begin, index];
      if (byte === CLOSE_LIST) return;
      begin = index + 1;
      walk.restart();
      continue;
    }
    const unsafe = walk.pass(byte);
    if (unsafe !== undefined) return fail(unsafe);
  }
  fail('not JSON: its end is missing');
}

/** Index where the list begins, or the reason why there is none. */
function findList(body: Buffer): number | string {
  let key = '';
  const walk = createWalk();
  for (const index of structure(body, 0)) {
    const byte = body[index];
    if (byte === QUOTE && walk.depth() === 1) key = body.toString('latin1', index + 1, index + 8);
    if (byte === OPEN_LIST && walk.depth() === 1 && key === 'events"') return index + 1;
    const unsafe = walk.pass(byte);
    if (unsafe !== undefined) return unsafe;
  }
  return isJson(body) ? 'no list of events' : 'not JSON';
}

/** Counts nested values, which the parser would have to build. */
function createWalk() {
  let depth = 0;
  let marks = 0;
  return {
    depth: () => depth,
    restart(): void {
      marks = 0;
    },
    /** @returns why it must not be parsed; undefined: it may. */
    pass(byte: number | undefined): string | undefined {
      if (byte === QUOTE) return undefined;
      if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth += 1;
      if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) depth -= 1;
      else marks += 1;
      if (depth > MAX_DEPTH) return 'nested too deeply';
      return marks > MAX_MARKS ? 'too many values' : undefined;
    },
  };
}

/** Positions of brackets, commas, colons and opening quotes outside of strings. */
function* structure(body: Buffer, from: number): Generator<number> {
  for (let index = from; index < body.length; index += 1) {
    const byte = body[index];
    if (byte === QUOTE) {
      yield index;
      index = closingQuote(body, index);
    } else if (isMark(byte)) yield index;
  }
}

function isMark(byte: number | undefined): boolean {
  return (
    byte === COMMA ||
    byte === COLON ||
    byte === OPEN_OBJECT ||
    byte === OPEN_LIST ||
    byte === CLOSE_OBJECT ||
    byte === CLOSE_LIST
  );
}

function closingQuote(body: Buffer, opening: number): number {
  let index = opening + 1;
  while (index < body.length && body[index] !== QUOTE) index += body[index] === BACKSLASH ? 2 : 1;
  return index;
}

function isJson(body: Buffer): boolean {
  try {
    JSON.parse(body.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}
