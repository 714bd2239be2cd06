import { type CollectedChanges, createChangeCollector, type FollowedMessage } from './live-news.ts';

/** Longer than a browser needs from requesting a page to opening its stream. */
const KEPT_MS = 30_000;
const MAX_KEPT = 1000;

/** Messages of the last seconds, for pages that were made before a change and opened their stream after it. */
export function createRecentChanges(now: () => number) {
  let kept: { readonly at: number; readonly message: FollowedMessage }[] = [];
  return {
    add(message: FollowedMessage): void {
      const at = now();
      kept.push({ at, message });
      if (kept.length > MAX_KEPT || (kept[0]?.at ?? at) < at - 2 * KEPT_MS) {
        kept = kept.filter((item) => item.at >= at - KEPT_MS).slice(-MAX_KEPT / 2);
      }
    },
    /** @param at epoch milliseconds of the page's request. @returns undefined when nothing happened since. */
    since(at: number): CollectedChanges | undefined {
      const missed = kept.filter((item) => item.at >= at);
      if (missed.length === 0) return undefined;
      const collector = createChangeCollector();
      for (const { message } of missed) collector.add(message);
      return collector.take();
    },
  };
}
