/** What is different between two states of a shared page: one stretch of its text. */
export interface PageChange {
  /** Hash of the text that it applies to, and of the one that it makes of it. */
  readonly from: string;
  readonly to: string;
  /** Characters (UTF-16 units, as `slice` counts them) that stay at the begin and at the end. */
  readonly keep: number;
  readonly cut: number;
  readonly text: string;
}

interface Version {
  readonly text: string;
  readonly hash: string;
}

/** @param mark Stands in both texts where each reader has his own name. */
export function changeBetween(before: Version, after: Version, mark: string): (name: string) => PageChange {
  const keep = commonStart(before.text, after.text);
  const cut = commonEnd(before.text, after.text, keep);
  const text = after.text.slice(keep, after.text.length - cut);
  const kept = { start: count(before.text.slice(0, keep), mark), end: count(endOf(before.text, cut), mark) };
  return (name) => {
    const longer = name.length - mark.length;
    return {
      ...{ from: before.hash, to: after.hash },
      ...{ keep: keep + kept.start * longer, cut: cut + kept.end * longer, text: text.replaceAll(mark, name) },
    };
  };
}

function endOf(text: string, length: number): string {
  return text.slice(text.length - length);
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

function count(text: string, mark: string): number {
  return text.split(mark).length - 1;
}
