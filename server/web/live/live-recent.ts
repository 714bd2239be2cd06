import { createGathering, type Followed, type Gathered } from './live-news.ts';

/** Longer than a browser takes from a page to its stream. */
const KEPT_MS = 30_000;
const MAX_KEPT = 1000;

/** What happened a moment ago: nobody else tells it to a page that was made before, and whose stream began after. */
export function createRecent(now: () => number) {
  let kept: { readonly at: number; readonly message: Followed }[] = [];
  return {
    add(message: Followed): void {
      const at = now();
      kept.push({ at, message });
      if (kept.length > MAX_KEPT || (kept[0]?.at ?? at) < at - 2 * KEPT_MS) {
        kept = kept.filter((item) => item.at >= at - KEPT_MS).slice(-MAX_KEPT / 2);
      }
    },
    /** @param since when the page was asked for @returns undefined: nothing happened */
    after(since: number): Gathered | undefined {
      const missed = kept.filter(({ at }) => at >= since);
      if (missed.length === 0) return undefined;
      const gathering = createGathering();
      for (const { message } of missed) gathering.add(message);
      return gathering.take();
    },
  };
}
