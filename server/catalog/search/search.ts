import { parseReferencePath } from '../../registry/documents/reference.ts';
import type { Database } from '../../storage/database.ts';
import { digestOfTag } from '../base/tag-lookup.ts';
import { heldSizes } from '../manifests/held-lookup.ts';
import { createNameLookup } from '../names/name-search.ts';
import { nearNames } from '../names/near-names.ts';
import { nearTags } from '../names/near-tags.ts';
import type { Visibility } from '../visibility/visibility.ts';
import { visibleRepositoryId } from '../visibility/visible-repositories.ts';
import type { ImageHit } from './hits.ts';
import { searchImages } from './images.ts';
import { type Found, NOTHING_FOUND } from './page.ts';
import { parseQuery, type SearchQuery } from './query.ts';
import { type RepositoryHit, searchRepositories } from './repositories.ts';
import { suggest } from './suggest.ts';

export interface SearchOptions {
  /** `next` of this kind of results; without `kind`, of images. */
  readonly after?: string | undefined;
  /** At most 100. */
  readonly limit: number;
  /** Only this kind; default: a page of each. */
  readonly kind?: 'repositories' | 'images' | undefined;
}

export interface SearchResult {
  readonly query: SearchQuery;
  /** The text is the name of something visible: `team/app`, `team/app:v1`, `team/app@sha256:…`; else null. */
  readonly jump: string | null;
  readonly repositories: Found<RepositoryHit>;
  readonly images: Found<ImageHit>;
}

/** The reference of a page that does not exist. */
export interface AskedReference {
  readonly repository: string;
  readonly tag?: string | undefined;
}

/** Searches the repositories and images that a viewer may pull. Never throws because of the text. */
export function createSearch({ db, now = Date.now }: { readonly db: Database; readonly now?: () => number }) {
  return {
    async search(visibility: Visibility, text: string, options: SearchOptions): Promise<SearchResult> {
      const query = parseQuery(text);
      const { kind, limit, after } = options;
      const { terms } = query;
      const names = createNameLookup(db, visibility);
      const isEmpty = terms.length === 0;
      const [repositories, images] = [
        isEmpty || kind === 'images'
          ? NOTHING_FOUND
          : await searchRepositories(db, visibility, terms, {
              limit,
              names,
              after: kind === undefined ? undefined : after,
            }),
        isEmpty || kind === 'repositories'
          ? NOTHING_FOUND
          : await searchImages(db, visibility, terms, { limit, names, after, now: now() }),
      ];
      return { query, jump: await jumpOf(db, visibility, text), repositories, images };
    },

    /** Visible references similar to one that does not exist. */
    async near(visibility: Visibility, asked: AskedReference, most: number): Promise<readonly string[]> {
      const { repository, tag } = asked;
      const tags = tag === undefined ? [] : await nearTags(db, visibility, { repository, tag }, most - 1);
      if (tags.length === 0) return nearNames(db, visibility, repository, most);
      return [...tags.map((name) => `${repository}:${name}`), repository];
    },

    suggest: (visibility: Visibility, text: string, limit: number) => suggest(db, visibility, text, limit),
  };
}
export type Search = ReturnType<typeof createSearch>;

const MAX_REFERENCE_LENGTH = 600;

async function jumpOf(db: Database, visibility: Visibility, text: string): Promise<string | null> {
  const typed = text.length > MAX_REFERENCE_LENGTH ? '' : text.trim();
  const reference = parseReferencePath(typed);
  if (reference === undefined) return null;
  const homeId = await visibleRepositoryId(db, visibility, reference.repository);
  if (homeId === undefined) return null;
  if (!('tag' in reference || 'digest' in reference)) return typed;
  if ('tag' in reference) return (await digestOfTag(db, homeId, reference.tag)) === undefined ? null : typed;
  return (await heldSizes(db, homeId, [reference.digest])).size === 0 ? null : typed;
}
