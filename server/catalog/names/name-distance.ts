/** How far a mistyped word is from a name. Pure. */

/** Up to that many letters, one mistake could make any word out of any other. */
const MIN_LENGTH = 4;
const LONG_WORD = 7;
const MAX_WORD = 80;

/**
 * Letters that were left out, added, replaced or swapped with their neighbour, each counts 1.
 *
 * @param most Beyond it the exact number does not matter: `most + 1` is returned.
 */
export function distance(left: string, right: string, most: number): number {
  if (Math.abs(left.length - right.length) > most) return most + 1;
  let before: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row += 1) {
    const next = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const isSame = left[row - 1] === right[column - 1];
      const isSwapped =
        row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      const [above = 0, corner = 0] = [last[column], last[column - 1]];
      const changed = Math.min(above + 1, (next[column - 1] ?? 0) + 1, corner + (isSame ? 0 : 1));
      next.push(isSwapped ? Math.min(changed, (before[column - 2] ?? 0) + 1) : changed);
    }
    if (Math.min(...next) > most) return most + 1;
    [before, last] = [last, next];
  }
  return last[right.length] ?? most + 1;
}

/** One mistake in a short word, two in a long one; none where the word says too little. */
export function maxEditDistance(word: string): number {
  if (word.length < MIN_LENGTH || word.length > MAX_WORD) return 0;
  return word.length < LONG_WORD ? 1 : 2;
}

/** The least mistakes that make `typed` the whole name, its last part, or one of its words; undefined: too many. */
export function editsIn(typed: string, name: string): number | undefined {
  const most = maxEditDistance(typed);
  if (most === 0) return undefined;
  const leaf = name.slice(name.lastIndexOf('/') + 1);
  const words = [name, leaf, ...name.split('/'), ...name.split(/[/._-]+/)];
  const least = Math.min(...new Set(words.map((word) => distance(typed, word, most))));
  return least > most ? undefined : least;
}

/** Neighbouring letters of a word, each pair once. */
export function letterPairs(word: string): readonly string[] {
  return [...new Set(Array.from({ length: Math.max(0, word.length - 1) }, (_, at) => word.slice(at, at + 2)))];
}
