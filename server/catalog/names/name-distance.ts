/** Edit distance between a typed word and names. Pure. */

/** With fewer letters, one edit could turn any word into any other. */
const MIN_LENGTH = 4;
const LONG_WORD = 7;
const MAX_WORD = 80;

/**
 * Damerau-Levenshtein distance (optimal string alignment): missing, extra, replaced and swapped letters count 1.
 * @param most Beyond it, `most + 1` is returned.
 */
export function editDistance(left: string, right: string, most: number): number {
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

/** Edits allowed for a word: one for short words, two for long ones, none for very short ones. */
export function maxEditDistance(word: string): number {
  if (word.length < MIN_LENGTH || word.length > MAX_WORD) return 0;
  return word.length < LONG_WORD ? 1 : 2;
}

/**
 * The smallest number of edits that turn `typed` into the whole name, its last part, or one of its words; undefined:
 * too many.
 */
export function editsIn(typed: string, name: string): number | undefined {
  const most = maxEditDistance(typed);
  if (most === 0) return undefined;
  const leaf = name.slice(name.lastIndexOf('/') + 1);
  const words = [name, leaf, ...name.split('/'), ...name.split(/[/._-]+/)];
  const least = Math.min(...new Set(words.map((word) => editDistance(typed, word, most))));
  return least > most ? undefined : least;
}

/** Bigrams of a word, each once. */
export function letterPairs(word: string): readonly string[] {
  return [...new Set(Array.from({ length: Math.max(0, word.length - 1) }, (_, at) => word.slice(at, at + 2)))];
}
