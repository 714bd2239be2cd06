import type { PageChange } from '../shell/page-change.ts';
import type { SharedPage, SharedPages } from '../shell/shared-pages.ts';

/** A larger change is not sent: the open page fetches itself, which is compressed. */
const MAX_CHANGE_CHARACTERS = 24_000;

/** From the version that was sent last to the current one. */
export interface PageUpdate {
  /** Hashes of both. */
  readonly from: string;
  readonly to: string;
  /** A function of the viewer's name (escaped HTML); undefined: too large, the open page must fetch itself. */
  readonly change: ((name: string) => PageChange) | undefined;
}

export type SharedPageSource = Pick<SharedPages, 'byHash' | 'refresh' | 'change' | 'markChanged'>;

/** The shared pages that are open in browsers. After a change each is drawn once for all its viewers. */
export function createLivePages(pages: SharedPageSource) {
  /** By cache key: the version that was sent last, and the number of open pages. */
  const followed = new Map<string, { lastSent: SharedPage; readers: number }>();

  async function updateOf(key: string): Promise<PageUpdate | undefined> {
    const page = followed.get(key);
    if (page === undefined) return undefined;
    const { lastSent } = page;
    const now = await pages.refresh(key);
    if (now === undefined) return undefined;
    page.lastSent = now;
    const { newLength, of } = pages.change(lastSent, now);
    return { from: lastSent.hash, to: now.hash, change: newLength > MAX_CHANGE_CHARACTERS ? undefined : of };
  }

  return {
    /**
     * Registers an open page; `leave` ends it.
     * @param hash of the version that it shows @param audience of its viewer
     * @returns undefined when no changes can be sent for it.
     */
    follow(hash: string, audience: string): SharedPage | undefined {
      const page = pages.byHash(hash);
      if (page === undefined || page.audience !== audience || page.isPersonal) return undefined;
      const { lastSent, readers } = followed.get(page.key) ?? { lastSent: page, readers: 0 };
      followed.set(page.key, { lastSent, readers: readers + 1 });
      return page;
    },
    leave(key: string): void {
      const page = followed.get(key);
      if (page === undefined) return;
      page.readers -= 1;
      if (page.readers === 0) followed.delete(key);
    },
    /**
     * One call per notification round: each page is drawn at most once in it.
     * @returns the update of a page by its key; undefined: it is not cached any more, the open page must fetch itself.
     */
    startRound(): (key: string) => Promise<PageUpdate | undefined> {
      const known = new Map<string, Promise<PageUpdate | undefined>>();
      return (key) => {
        const update = known.get(key) ?? updateOf(key).catch(() => undefined);
        known.set(key, update);
        return update;
      };
    },
  };
}
