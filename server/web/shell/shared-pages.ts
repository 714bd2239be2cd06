import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { type Clock, monotonic } from '../../clock.ts';
import { changeBetween } from './page-change.ts';
import { fillPlaceholders, type Pieces, type Placeholders } from './placeholders.ts';

/** A page drawn once for all viewers with the same cache key. */
export interface SharedPage {
  readonly key: string;
  readonly audience: string;
  /** Shows data of one person, such as a star. Changes of it are not pushed: the open page fetches itself. */
  readonly isPersonal: boolean;
  /** The repositories or topic whose changes the page shows, as `Model.live`. */
  readonly live: string | undefined;
  /** The whole page, with placeholders for the form token and the name. */
  readonly pieces: Pieces;
  /** For a background refresh: all placeholders but the name are empty. */
  readonly text: string;
  readonly hasName: boolean;
  /** Hash of `text`, also its entity tag. */
  readonly hash: string;
}

export interface Drawn {
  readonly html: string;
  readonly live: string | undefined;
  /** False when the content may change without a write to the database, such as what a registry answers. */
  readonly isCacheable: boolean;
}

/** @returns undefined when there is nothing to show. */
export type DrawShared = () => Promise<Drawn | undefined>;

export interface SharedPageRequest {
  /** Everything that the page depends on, beside the database. */
  readonly key: string;
  readonly audience: string;
  /** undefined: the page shows nothing of the person. */
  readonly personal: PersonalPart | undefined;
  /** The result is kept and called again long after the request, so it must not hold the request. */
  readonly startDraw: (personal: unknown) => DrawShared;
  /** A refresh of an open page: what was written after the last change message is not needed yet. */
  readonly isBackground: boolean;
}

export interface PersonalPart {
  /** Names the person and the page. */
  readonly id: string;
  readonly read: () => Promise<unknown>;
}

export interface SharedPagesOptions {
  readonly placeholders: Placeholders;
  /** Changes with every write to the database, and with everything else that pages show. */
  readonly version: () => Promise<string>;
  readonly clock?: Clock;
}

interface CachedPage extends SharedPage {
  readonly draw: DrawShared;
  readonly version: string;
  readonly changeCount: number;
  readonly drawnAt: number;
}

type ToDraw = Pick<CachedPage, 'key' | 'audience' | 'isPersonal' | 'draw'>;

interface PendingDraw {
  readonly version: string;
  readonly page: Promise<SharedPage | undefined>;
}

const MAX_PAGES = 500;
const MAX_CHARACTERS = 16_000_000;
/** Pages show ages such as "a minute ago", which change without a write. */
const MAX_AGE_MS = 10_000;
const MAX_KNOWN_HASHES = 4000;
const MAX_PERSONAL_PARTS = 2000;

/**
 * Cache of pages that many viewers keep open, drawn once per key (view, address, rights, language, choices). Any write to
 * the database makes all of them stale.
 */
export function createSharedPages({ placeholders, version, clock = monotonic }: SharedPagesOptions) {
  const pages = new LRUCache<string, CachedPage>({
    max: MAX_PAGES,
    maxSize: MAX_CHARACTERS,
    sizeCalculation: (page) => page.key.length + 3 * page.text.length,
  });
  const pending = new Map<string, PendingDraw>();
  const keys = new LRUCache<string, string>({ max: MAX_KNOWN_HASHES });
  const personalParts = new LRUCache<string, { readonly version: string; readonly value: unknown }>({
    max: MAX_PERSONAL_PARTS,
  });
  let changeCount = 0;

  function isCurrent(page: CachedPage, now: string): boolean {
    return page.version === now && clock() - page.drawnAt < MAX_AGE_MS;
  }

  /** Drawn after the last change that open pages were notified of. */
  function includesLastChange(page: CachedPage): boolean {
    return changeCount > 0 && page.changeCount === changeCount && clock() - page.drawnAt < MAX_AGE_MS;
  }

  function draw(asked: ToDraw, now: string): Promise<SharedPage | undefined> {
    const begun = pending.get(asked.key);
    if (begun?.version === now) return begun.page;
    const page = drawNow(asked, now).finally(() => {
      if (pending.get(asked.key)?.page === page) pending.delete(asked.key);
    });
    pending.set(asked.key, { version: now, page });
    return page;
  }

  async function drawNow(
    { key, audience, isPersonal, draw: work }: ToDraw,
    now: string,
  ): Promise<SharedPage | undefined> {
    const begun = { version: now, changeCount, drawnAt: clock() };
    const drawn = await work();
    if (drawn === undefined) {
      pages.delete(key);
      return undefined;
    }
    const page = {
      ...begun,
      ...textsOf(drawn.html, placeholders),
      key,
      audience,
      isPersonal,
      live: drawn.live,
      draw: work,
    };
    if (drawn.isCacheable) pages.set(key, page);
    else pages.delete(key);
    keys.set(page.hash, key);
    return page;
  }

  async function readPersonal({ id, read }: PersonalPart, now: string): Promise<unknown> {
    const known = personalParts.get(id);
    if (known?.version === now) return known.value;
    const value = await read();
    personalParts.set(id, { version: now, value });
    return value;
  }

  return {
    async find(asked: SharedPageRequest): Promise<SharedPage | undefined> {
      const { audience, startDraw, isBackground } = asked;
      // A refresh of a page without a personal part may need no version.
      const early = asked.personal && (await version());
      const personal = asked.personal && (await readPersonal(asked.personal, early ?? ''));
      const isPersonal = personal !== undefined;
      const key = isPersonal ? `${asked.key} ${JSON.stringify(personal)}` : asked.key;
      const known = pages.get(key);
      if (known !== undefined && isBackground && includesLastChange(known)) return known;
      const now = early ?? (await version());
      if (known !== undefined && isCurrent(known, now)) return known;
      return draw({ key, audience, isPersonal, draw: startDraw(personal) }, now);
    },
    /** The newest version of the page that had this hash once; undefined when it is not cached any more. */
    byHash(hash: string): SharedPage | undefined {
      const key = keys.get(hash);
      return key === undefined ? undefined : pages.get(key);
    },
    /** The page as of the last change, drawn again where needed; undefined when not cached any more or nothing to show. */
    async refresh(key: string): Promise<SharedPage | undefined> {
      const known = pages.get(key);
      if (known === undefined || includesLastChange(known)) return known;
      return draw(known, await version());
    },
    /** The difference between two versions of a page. */
    change: (before: SharedPage, after: SharedPage) => changeBetween(before, after, placeholders.marks.name),
    /** Call before open pages are notified: what was drawn earlier may lack the change. */
    markChanged(): void {
      changeCount += 1;
    },
  };
}
export type SharedPages = ReturnType<typeof createSharedPages>;

function textsOf(html: string, placeholders: Placeholders): Pick<SharedPage, 'pieces' | 'text' | 'hasName' | 'hash'> {
  const pieces = placeholders.split(html);
  const text = fillPlaceholders(pieces, { name: placeholders.marks.name }).toString('utf8');
  const hash = createHash('sha256').update(text).digest('base64url').slice(0, 22);
  return { pieces, text, hasName: pieces.placeholders.includes('name'), hash };
}
