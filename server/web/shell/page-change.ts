/** What is different between two states of a shared page: the new text, made of stretches of the old one and of new ones. */
export interface PageChange {
  /** Hash of the text that it applies to, and of the one that it makes of it. */
  readonly from: string;
  readonly to: string;
  readonly parts: readonly ChangePart[];
}

/** New text, or begin and end of a stretch of the old one: UTF-16 units, as `slice` counts them. */
export type ChangePart = string | Stretch;
type Stretch = readonly [start: number, end: number];

interface Version {
  readonly text: string;
  readonly hash: string;
}

export interface ChangeFor {
  /** @param name of the reader, as it stands in the page. */
  readonly of: (name: string) => PageChange;
  /** Characters that are new. */
  readonly newLength: number;
}

/** Rows and entries of lists, and the cards around them: most of a page moves by whole ones, or not at all. */
const BOUNDARY = /(?=<(?:tr|li|section|main|nav|div class="stat)\b)/;

/** @param mark Stands in both texts where each reader has his own name. */
export function changeBetween(before: Version, after: Version, mark: string): ChangeFor {
  const parts = joined(partsOf(before.text, after.text));
  const marks = positionsOf(mark, before.text);
  return {
    newLength: parts.reduce((length, part) => length + (typeof part === 'string' ? part.length : 0), 0),
    of(name) {
      const longer = name.length - mark.length;
      const moved = (at: number) => at + longer * countBelow(marks, at);
      const own = (part: ChangePart): ChangePart =>
        typeof part === 'string' ? part.replaceAll(mark, name) : [moved(part[0]), moved(part[1])];
      return { from: before.hash, to: after.hash, parts: parts.map(own) };
    },
  };
}

/** Each piece of the new text is sought in the old one; one that is not there is compared with what stood in its place. */
function partsOf(before: string, after: string): readonly ChangePart[] {
  const old = stretchesOf(before);
  const parts: ChangePart[] = [];
  let next = 0;
  for (const piece of after.split(BOUNDARY)) {
    const known = old.byText.get(piece);
    const index = known ?? next;
    const stretch = old.all[index];
    if (known !== undefined && stretch !== undefined) parts.push(stretch);
    else parts.push(...trimmed(before, stretch ?? [before.length, before.length], piece));
    next = index + 1;
  }
  return parts;
}

function stretchesOf(text: string): { readonly all: readonly Stretch[]; readonly byText: ReadonlyMap<string, number> } {
  const all: Stretch[] = [];
  const byText = new Map<string, number>();
  let start = 0;
  for (const piece of text.split(BOUNDARY)) {
    byText.set(piece, all.length);
    all.push([start, start + piece.length]);
    start += piece.length;
  }
  return { all, byText };
}

function trimmed(before: string, [start, end]: Stretch, piece: string): readonly ChangePart[] {
  const old = before.slice(start, end);
  const kept = commonStart(old, piece);
  const cut = commonEnd(old, piece, kept);
  return [[start, start + kept], piece.slice(kept, piece.length - cut), [end - cut, end]];
}

/** Stretches that follow each other are one, and nothing is empty. */
function joined(parts: readonly ChangePart[]): readonly ChangePart[] {
  const result: ChangePart[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (typeof part === 'string') {
      if (part !== '') result.push(part);
    } else if (typeof last === 'object' && last[1] === part[0]) result[result.length - 1] = [last[0], part[1]];
    else if (part[0] < part[1]) result.push(part);
  }
  return result;
}

function commonStart(one: string, other: string): number {
  const most = Math.min(one.length, other.length);
  let length = 0;
  while (length < most && one.charCodeAt(length) === other.charCodeAt(length)) length += 1;
  return length;
}

/** @param start Characters that are taken already: the two stretches must not overlap. */
function commonEnd(one: string, other: string, start: number): number {
  const most = Math.min(one.length, other.length) - start;
  let length = 0;
  while (length < most && one.charCodeAt(one.length - 1 - length) === other.charCodeAt(other.length - 1 - length))
    length += 1;
  return length;
}

function positionsOf(mark: string, text: string): readonly number[] {
  const positions: number[] = [];
  for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + 1)) positions.push(at);
  return positions;
}

function countBelow(positions: readonly number[], at: number): number {
  let count = 0;
  while (count < positions.length && (positions[count] ?? at) < at) count += 1;
  return count;
}
