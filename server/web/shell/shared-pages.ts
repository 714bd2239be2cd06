import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { type Clock, monotonic } from '../../clock.ts';
import { fill, type Holes, type Pieces } from './holes.ts';
import { changeBetween } from './page-change.ts';

/** A page as it was drawn for everybody who sees the same. */
export interface SharedPage {
  readonly key: string;
  readonly audience: string;
  /** Shows something of the person who asked: whoever follows it asks again. */
  readonly isPersonal: boolean;
  /** What it follows, as `Model.live`. */
  readonly live: string | undefined;
  /** For who opens the page: with a place for the form token and the name. */
  readonly pieces: Pieces;
  /** For an open page that asks again: without what stands around `<main>`. Only the name may be missing in it. */
  readonly text: string;
  readonly hasName: boolean;
  /** Of `text`; works as an entity tag. */
  readonly hash: string;
}

export interface Drawn {
  readonly html: string;
  readonly live: string | undefined;
  /** False: at the next look there may be more, though nothing was written. */
  readonly isLasting: boolean;
}

/** @returns undefined when there is nothing to show. */
export type DrawShared = () => Promise<Drawn | undefined>;

export interface AskedPage {
  /** Everything that the page depends on, beside what is stored. */
  readonly key: string;
  readonly audience: string;
  /** Of the person who asks; undefined: nothing of the person is shown. */
  readonly personal: PersonalPart | undefined;
  /** What it gives is called whenever the page has to be drawn anew, long after the request: it holds nothing of it. */
  readonly startDraw: (personal: unknown) => DrawShared;
  /** An open page asks for what it was told of: nothing newer than that is needed. */
  readonly isBackground: boolean;
}

export interface PersonalPart {
  /** Of the person and the page. */
  readonly id: string;
  readonly read: () => Promise<unknown>;
}

export interface SharedPagesOptions {
  readonly holes: Holes;
  /** Different after everything that was written, and after whatever else pages show. */
  readonly version: () => Promise<string>;
  readonly clock?: Clock;
}

interface Remembered extends SharedPage {
  readonly draw: DrawShared;
  readonly version: string;
  readonly newsCount: number;
  readonly drawnAt: number;
}

type ToDraw = Pick<Remembered, 'key' | 'audience' | 'isPersonal' | 'draw'>;

interface Underway {
  readonly version: string;
  readonly page: Promise<SharedPage | undefined>;
}

const MAX_PAGES = 500;
const MAX_CHARACTERS = 16_000_000;
/** "A minute ago" goes on without anything being written. */
const MAX_AGE_MS = 10_000;
const MAX_HASHES = 4000;
const MAX_PERSONAL_PARTS = 2000;

/**
 * Pages that many keep open, drawn once for all who see the same: by rights, address, language and what is chosen. Drawn
 * anew after anything was written.
 */
export function createSharedPages({ holes, version, clock = monotonic }: SharedPagesOptions) {
  const pages = new LRUCache<string, Remembered>({
    max: MAX_PAGES,
    maxSize: MAX_CHARACTERS,
    sizeCalculation: (page) => page.key.length + 3 * page.text.length,
  });
  const underway = new Map<string, Underway>();
  const keys = new LRUCache<string, string>({ max: MAX_HASHES });
  const personalParts = new LRUCache<string, { readonly version: string; readonly value: unknown }>({
    max: MAX_PERSONAL_PARTS,
  });
  let newsCount = 0;

  function isCurrent(page: Remembered, now: string): boolean {
    return page.version === now && clock() - page.drawnAt < MAX_AGE_MS;
  }

  /** It shows all that open pages were told so far. */
  function showsNews(page: Remembered): boolean {
    return newsCount > 0 && page.newsCount === newsCount && clock() - page.drawnAt < MAX_AGE_MS;
  }

  function draw(asked: ToDraw, now: string): Promise<SharedPage | undefined> {
    const begun = underway.get(asked.key);
    if (begun?.version === now) return begun.page;
    const page = drawNow(asked, now).finally(() => {
      if (underway.get(asked.key)?.page === page) underway.delete(asked.key);
    });
    underway.set(asked.key, { version: now, page });
    return page;
  }

  async function drawNow(
    { key, audience, isPersonal, draw: work }: ToDraw,
    now: string,
  ): Promise<SharedPage | undefined> {
    const begun = { version: now, newsCount, drawnAt: clock() };
    const drawn = await work();
    if (drawn === undefined) {
      pages.delete(key);
      return undefined;
    }
    const page = { ...begun, ...textsOf(drawn.html, holes), key, audience, isPersonal, live: drawn.live, draw: work };
    if (drawn.isLasting) pages.set(key, page);
    else pages.delete(key);
    keys.set(page.hash, key);
    return page;
  }

  async function readPersonal({ id, read }: PersonalPart): Promise<unknown> {
    const now = await version();
    const known = personalParts.get(id);
    if (known?.version === now) return known.value;
    const value = await read();
    personalParts.set(id, { version: now, value });
    return value;
  }

  return {
    async find(asked: AskedPage): Promise<SharedPage | undefined> {
      const { audience, startDraw, isBackground } = asked;
      const personal = asked.personal && (await readPersonal(asked.personal));
      const isPersonal = personal !== undefined;
      const key = isPersonal ? `${asked.key} ${JSON.stringify(personal)}` : asked.key;
      const known = pages.get(key);
      if (known !== undefined && isBackground && showsNews(known)) return known;
      const now = await version();
      if (known !== undefined && isCurrent(known, now)) return known;
      return draw({ key, audience, isPersonal, draw: startDraw(personal) }, now);
    },
    /** The page that once had this hash; undefined when it is not remembered any more. */
    byHash(hash: string): SharedPage | undefined {
      const key = keys.get(hash);
      return key === undefined ? undefined : pages.get(key);
    },
    /** As it is now; undefined when it is not remembered any more, or there is nothing to show. */
    async renew(key: string): Promise<SharedPage | undefined> {
      const known = pages.get(key);
      if (known === undefined || showsNews(known)) return known;
      return draw(known, await version());
    },
    /** From one state of a page to a later one, for a reader of this name (finished HTML). */
    change: (before: SharedPage, after: SharedPage) => changeBetween(before, after, holes.marks.name),
    /** Open pages are about to be told. */
    noteNews(): void {
      newsCount += 1;
    },
  };
}
export type SharedPages = ReturnType<typeof createSharedPages>;

function textsOf(html: string, holes: Holes): Pick<SharedPage, 'pieces' | 'text' | 'hasName' | 'hash'> {
  const pieces = holes.split(html);
  const text = fill(pieces, { name: holes.marks.name });
  const hash = createHash('sha256').update(text).digest('base64url').slice(0, 22);
  return { pieces, text, hasName: pieces.holes.includes('name'), hash };
}
