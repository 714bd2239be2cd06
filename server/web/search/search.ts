import type { UserStore } from '../../access/users.ts';
import type { RepositoryStore } from '../../catalog/lists/repositories.ts';
import type { Search } from '../../catalog/search/search.ts';
import type { TagFacts } from '../../catalog/visibility/tag-facts.ts';
import type { Visibility, VisibilityStore } from '../../catalog/visibility/visibility.ts';
import type { IndexState } from '../../operations/facts.ts';
import { parseReferencePath } from '../../registry/documents/reference.ts';
import { listAge } from '../parts/list-age.ts';
import { ownPath } from '../shell/own-path.ts';
import type { Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import type { Subject } from './commands-about.ts';
import { type BarSources, barGroups, commandGroup } from './search-bar.ts';
import { type ResultKind, searchView } from './search-view.ts';

export interface SearchPageDeps {
  readonly search: Pick<Search, 'search' | 'suggest'>;
  readonly visibility: VisibilityStore;
  readonly tagFacts: (
    visibility: Visibility,
    repository: string,
    tags: readonly string[],
  ) => Promise<ReadonlyMap<string, TagFacts>>;
  readonly labelKeys: (visibility: Visibility) => Promise<readonly string[]>;
  readonly repositories: Pick<RepositoryStore, 'find'>;
  readonly users: Pick<UserStore, 'list'>;
  /** Nothing is deleted through us. */
  readonly readonly: boolean;
  readonly indexState: () => IndexState;
}

const PAGE_ROWS = 50;
const MAX_SUGGESTED = 12;
const MAX_USERS = 5;
const MAX_IMAGES = 5;
const MAX_COMMAND_LENGTH = 700;

/** The result page, and the suggestions that the command bar of every page asks for. */
export function searchPage(deps: SearchPageDeps): PageModule {
  const { search, visibility } = deps;
  return (routes) => {
    routes.get('/search', 'browse', async (page) => {
      const [text, kind] = [page.query('q'), kindOf(page.query('kind'))];
      const options = { after: page.query('after'), limit: PAGE_ROWS, kind: kind === '' ? undefined : kind };
      const seen = await visibility.of(page.viewer.rights, page.origin.address);
      // A text with `>` in front is a command.
      const result = await search.search(seen, text.trimStart().startsWith('>') ? '' : text, options);
      const sources = barSources(deps, page, seen, page.path);
      const isFirst = page.query('after') === '' && text.trim() !== '' && text.length <= MAX_COMMAND_LENGTH;
      const commands = isFirst ? (await commandGroup(page, sources, text.replace(/^\s*>/, ''))).items : [];
      const age = listAge(page, deps.indexState());
      await page.render('search/search', { ...searchView(page, text, kind, result), commands, age });
    });

    routes.get('/search/suggestions', 'browse', async (page, _request, response) => {
      const text = page.query('q').slice(0, MAX_COMMAND_LENGTH);
      const seen = await visibility.of(page.viewer.rights, page.origin.address);
      const sources = barSources(deps, page, seen, ownPath(page.query('from')) ?? '/');
      const groups = await barGroups(page, sources, text);
      const count = groups.reduce((sum, { items }) => sum + items.length, 0);
      const said = count === 0 ? page.t('search:bar.none') : page.t('search:bar.count', { count });
      response.set('Cache-Control', 'no-store').json({ groups, said });
    });
  };
}

function kindOf(text: string): ResultKind {
  return text === 'repositories' || text === 'images' ? text : '';
}

function barSources(deps: SearchPageDeps, page: Page, seen: Visibility, from: string): BarSources {
  const { search, users, readonly } = deps;
  const tagFacts: BarSources['tagFacts'] = (repository, tags) => deps.tagFacts(seen, repository, tags);
  const suggest: BarSources['suggest'] = (text) => search.suggest(seen, text, MAX_SUGGESTED);
  return {
    ...{ suggest, tagFacts, readonly, from },
    labelKeys: () => deps.labelKeys(seen),
    here: () => shownThere(deps, seen, from),
    async imagesWith(hex) {
      const found = await search.search(seen, `digest:${hex}`, { limit: MAX_IMAGES, kind: 'images' });
      return found.images.rows;
    },
    async usersLike(text) {
      if (!page.viewer.rights.isAdmin) return [];
      const found = await users.list({ filter: text, limit: MAX_USERS });
      return found.users.map(({ username }) => username);
    },
  };
}

/** @returns the repository or tag that a page shows; undefined for other pages or when the viewer may not see it. */
async function shownThere(
  { repositories, tagFacts }: SearchPageDeps,
  seen: Visibility,
  from: string,
): Promise<Subject | undefined> {
  const path = /^\/repositories\/([^?]+?)(?:\/-\/[^?]*)?(?:\?.*)?$/.exec(from)?.[1];
  const reference = path === undefined ? undefined : parseReferencePath(path);
  const row = reference && (await repositories.find(seen, reference.repository));
  if (reference === undefined || row === undefined) return undefined;
  const tagName = 'tag' in reference ? String(reference.tag) : row.newestTag;
  const facts = tagName === null ? undefined : (await tagFacts(seen, row.name, [tagName])).get(tagName);
  const named = facts && tagName !== null ? { ...facts, name: tagName } : undefined;
  return { repository: row.name, ...('tag' in reference ? { tag: named } : { newest: named }) };
}
