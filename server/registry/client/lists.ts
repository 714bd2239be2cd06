import { isRepositoryName, isTag, parseRepositoryName } from '../documents/reference.ts';
import { upstream } from './failure.ts';
import { confirmsMissing, expectStatus, hasError, nextPage, parseJson, textList } from './responses.ts';
import type { RegistryRequest, RegistryResponse } from './transport.ts';

interface ListDeps {
  readonly send: (scopes: readonly string[], outgoing: RegistryRequest) => Promise<RegistryResponse>;
  readonly address: string;
}

const MAX_PAGE_BYTES = 16 * 1024 * 1024;
// Registries may allow fewer than a thousand entries per page; they answer an error then.
const PAGE_SIZES: readonly string[] = ['?n=1000', '?n=100', ''];
const MAX_PAGES = 10_000;
// Some registries occasionally send an empty page; many in a row mean that paging does not advance.
const MAX_EMPTY_PAGES = 10;
/** Far more than real registries have; an endless list must not fill the memory. */
const MAX_ENTRIES = { repositories: 2_000_000, tags: 500_000 } as const;

/**
 * The catalog and the tag lists, page by page.
 * @see https://distribution.github.io/distribution/spec/api/#pagination
 */
export function createLists({ send, address }: ListDeps) {
  const get = (scopes: readonly string[], path: string) =>
    send(scopes, { method: 'GET', path, limitBytes: MAX_PAGE_BYTES, deadline: 'work' });

  async function firstPage(scopes: readonly string[], path: string): Promise<RegistryResponse> {
    for (const size of PAGE_SIZES) {
      const answer = await get(scopes, path + size);
      if (answer.status !== 400 || !hasError(answer, 'PAGINATION_NUMBER_INVALID')) return answer;
    }
    return get(scopes, path);
  }

  /** Yields nothing when the registry says that the repository is unknown. */
  async function* pages(
    scopes: readonly string[],
    path: string,
    field: keyof typeof MAX_ENTRIES,
  ): AsyncGenerator<readonly string[]> {
    const guard = createPagingGuard(address, MAX_ENTRIES[field]);
    let answer = await firstPage(scopes, path);
    if (confirmsMissing(answer)) return;
    for (;;) {
      expectStatus(answer, [200], address, `GET ${path}`);
      const entries = textList(parseJson(answer, address)[field]);
      yield entries;
      const next = nextPage(answer);
      if (next === undefined) return;
      guard(entries, next);
      answer = await get(scopes, path + next);
    }
  }

  return {
    /** Pages of all repository names, possibly unsorted and with duplicates. Needs the scope `registry:catalog:*`. */
    async *catalogPages(): AsyncGenerator<readonly string[]> {
      for await (const page of pages(['registry:catalog:*'], '/v2/_catalog', 'repositories')) {
        yield page.filter(isRepositoryName);
      }
    },

    /** Also empty when the registry does not know the repository, which it forgets with its last tag. */
    async tags(repository: string): Promise<readonly string[]> {
      parseRepositoryName(repository);
      const all = new Set<string>();
      for await (const page of pages([`repository:${repository}:pull`], `/v2/${repository}/tags/list`, 'tags')) {
        for (const tag of page) if (isTag(tag)) all.add(tag);
      }
      return [...all];
    },
  };
}

/** @returns a function that throws when paging goes in a circle, does not advance, or exceeds the limit. */
function createPagingGuard(address: string, maxEntries: number) {
  const links = new Set<string>();
  let last: string | undefined;
  let emptyPages = 0;
  let total = 0;
  return (entries: readonly string[], next: string): void => {
    const isEmpty = entries.length === 0 || entries.at(-1) === last;
    emptyPages = isEmpty ? emptyPages + 1 : 0;
    last = entries.at(-1) ?? last;
    total += entries.length;
    const isEndless = links.has(next) || links.size >= MAX_PAGES;
    if (isEndless || emptyPages >= MAX_EMPTY_PAGES || total > maxEntries) throw endless(address);
    links.add(next);
  };
}

function endless(address: string) {
  return upstream(
    'registryPaging',
    `${address} sends a list that does not end: its pages point back to each other. Look at proxies before the registry`,
    { address },
  );
}
