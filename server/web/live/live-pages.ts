import type { PageChange } from '../shell/page-change.ts';
import type { SharedPage, SharedPages } from '../shell/shared-pages.ts';

/** More than that is fetched, compressed, by who is told that there is something. */
const MAX_CHANGE_CHARACTERS = 24_000;

/** `same`: nothing that the page shows is different. undefined: whoever shows it has to ask. */
export type PageNews = ((name: string) => PageChange) | 'same' | undefined;

export type SharedPageSource = Pick<SharedPages, 'byHash' | 'refresh' | 'change' | 'markChanged'>;

/** Pages that are open and remembered: each is drawn anew once, for all who show it. */
export function createLivePages(pages: SharedPageSource) {
  /** As those who show it were told last, and how many they are. */
  const followed = new Map<string, { told: SharedPage; readers: number }>();

  async function newsOf(key: string): Promise<PageNews> {
    const page = followed.get(key);
    if (page === undefined) return undefined;
    const { told } = page;
    const now = await pages.refresh(key);
    if (now === undefined) return undefined;
    if (now.hash === told.hash) return 'same';
    page.told = now;
    const change = pages.change(told, now);
    return change.newLength > MAX_CHANGE_CHARACTERS ? undefined : change.of;
  }

  return {
    /** @param hash of what a page shows @param audience of who shows it @returns undefined: it is not remembered. */
    follow(hash: string, audience: string): SharedPage | undefined {
      const page = pages.byHash(hash);
      if (page === undefined || page.audience !== audience || page.isPersonal) return undefined;
      const { told, readers } = followed.get(page.key) ?? { told: page, readers: 0 };
      followed.set(page.key, { told, readers: readers + 1 });
      return page;
    },
    leave(key: string): void {
      const page = followed.get(key);
      if (page === undefined) return;
      page.readers -= 1;
      if (page.readers === 0) followed.delete(key);
    },
    /** For one round of news: each page is drawn at most once. */
    round(): (key: string) => Promise<PageNews> {
      const asked = new Map<string, Promise<PageNews>>();
      return (key) => {
        const news = asked.get(key) ?? newsOf(key).catch(() => undefined);
        asked.set(key, news);
        return news;
      };
    },
  };
}
