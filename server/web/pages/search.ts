import type { Search } from '../../catalog/search.ts';
import type { Suggestion } from '../../catalog/search-suggest.ts';
import type { VisibilityStore } from '../../catalog/visibility.ts';
import { referencePath } from '../browse/cells.ts';
import { type ResultKind, searchView } from '../browse/search-view.ts';
import type { Page } from '../page.ts';
import type { PageModule } from '../routes.ts';

export interface SearchPageDeps {
  readonly search: Pick<Search, 'search' | 'suggest'>;
  readonly visibility: VisibilityStore;
}

const PAGE_ROWS = 50;
const MOST_SUGGESTED = 10;

/** The result page, and what the search box of every page asks while somebody types. */
export function searchPage({ search, visibility }: SearchPageDeps): PageModule {
  const seenBy = (page: Page) => visibility.of(page.viewer.rights, page.origin.address);
  return (routes) => {
    routes.get('/search', 'browse', async (page) => {
      const [text, kind] = [page.query('q'), kindOf(page.query('kind'))];
      const options = { after: page.query('after'), limit: PAGE_ROWS, kind: kind === '' ? undefined : kind };
      const result = await search.search(await seenBy(page), text, options);
      await page.render('search', searchView(page, text, kind, result));
    });

    routes.get('/search/suggestions', 'browse', async (page, _request, response) => {
      const found = await search.suggest(await seenBy(page), page.query('q'), MOST_SUGGESTED);
      const suggestions = found.map((suggestion) => suggestionView(page, suggestion));
      response.set('Cache-Control', 'no-store').json({ suggestions });
    });
  };
}

function kindOf(text: string): ResultKind {
  return text === 'repositories' || text === 'images' ? text : '';
}

/** An operator is only begun: it has nowhere to go to. */
function suggestionView({ t, url }: Pick<Page, 't' | 'url'>, { kind, label, text, reference }: Suggestion) {
  const kinds: Record<Suggestion['kind'], string> = {
    repository: t('search:suggestion.repository'),
    tag: t('search:suggestion.tag'),
    operator: t('search:suggestion.operator'),
    value: t('search:suggestion.value'),
  };
  const target = reference === text ? referencePath(reference) : `/search?q=${encodeURIComponent(text)}`;
  return { kind: kinds[kind], label, text, href: kind === 'operator' ? null : url(target) };
}
