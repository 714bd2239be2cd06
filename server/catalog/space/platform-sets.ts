/** Interns sets of platforms as numbers: many rows share few sets, and a folder has the union of its contents. */
export interface PlatformSets {
  /** @param text JSON list, as in the tables. */
  readonly of: (text: string) => number;
  readonly union: (one: number, other: number) => number;
  /** JSON list, sorted. */
  readonly text: (set: number) => string;
  readonly size: (set: number) => number;
}

export const NO_PLATFORMS = 0;
/** Bounds what hostile manifests can claim; nobody builds for more platforms. */
export const MAX_PLATFORMS = 64;
const MAX_REMEMBERED = 50_000;

export function createPlatformSets(): PlatformSets {
  const lists: (readonly string[])[] = [];
  const texts: string[] = [];
  const numbers = new Map<string, number>();
  const read = new Map<string, number>();
  const unions = new Map<number, number>();

  function intern(platforms: readonly string[]): number {
    const sorted = [...platforms].sort();
    const text = JSON.stringify(sorted);
    const known = numbers.get(text);
    if (known !== undefined) return known;
    numbers.set(text, lists.length);
    texts.push(text);
    return lists.push(sorted) - 1;
  }

  function merge(one: number, other: number): number {
    const own = lists[one] ?? [];
    const more = (lists[other] ?? []).filter((platform) => !own.includes(platform));
    return more.length === 0 ? one : intern([...own, ...more].slice(0, MAX_PLATFORMS));
  }

  intern([]);
  return {
    of(text) {
      const known = read.get(text);
      if (known !== undefined) return known;
      const set = intern((JSON.parse(text) as string[]).slice(0, MAX_PLATFORMS));
      read.set(text, set);
      return set;
    },
    union(one, other) {
      if (one === other || other === NO_PLATFORMS) return one;
      const key = one * 2 ** 26 + other;
      const known = unions.get(key);
      if (known !== undefined) return known;
      if (unions.size >= MAX_REMEMBERED) unions.clear();
      const set = merge(one, other);
      unions.set(key, set);
      return set;
    },
    text: (set) => texts[set] ?? '[]',
    size: (set) => lists[set]?.length ?? 0,
  };
}
