import { isRepositoryName, isTag, parseRepositoryName } from '../documents/reference.ts';
import { expectStatus, hasError, nextPage, parseJson, saysGone, textList } from './answers.ts';
import { upstream } from './failure.ts';
import type { Answer, Outgoing } from './transport.ts';

interface ListDeps {
  readonly send: (scopes: readonly string[], outgoing: Outgoing) => Promise<Answer>;
  readonly address: string;
}

const PAGE_LIMIT = 16 * 1024 * 1024;
// Registries may allow less than a thousand entries per page, and say so with an error.
const PAGE_SIZES: readonly string[] = ['?n=1000', '?n=100', ''];
const MAX_PAGES = 10_000;
// Some registries send a page without entries now and then; many in a row lead nowhere.
const MAX_BARREN_PAGES = 10;
/** Far beyond what people keep; a list that never ends must not fill our memory. */
const MAX_ENTRIES = { repositories: 2_000_000, tags: 500_000 } as const;

/** The two lists of the registry's API, page after page. */
export function createLists({ send, address }: ListDeps) {
  const get = (scopes: readonly string[], path: string) =>
    send(scopes, { method: 'GET', path, limitBytes: PAGE_LIMIT, patience: 'work' });

  async function firstPage(scopes: readonly string[], path: string): Promise<Answer> {
    for (const size of PAGE_SIZES) {
      const answer = await get(scopes, path + size);
      if (answer.status !== 400 || !hasError(answer, 'PAGINATION_NUMBER_INVALID')) return answer;
    }
    return get(scopes, path);
  }

  /** Yields nothing when the registry says that the repository does not exist. */
  async function* pages(
    scopes: readonly string[],
    path: string,
    field: keyof typeof MAX_ENTRIES,
  ): AsyncGenerator<readonly string[]> {
    const guard = createEndGuard(address, MAX_ENTRIES[field]);
    let answer = await firstPage(scopes, path);
    if (saysGone(answer)) return;
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
    /** All repository names; they may come unsorted or twice. A registry that asks for rights wants an admin's. */
    async *catalogPages(): AsyncGenerator<readonly string[]> {
      for await (const page of pages(['registry:catalog:*'], '/v2/_catalog', 'repositories')) {
        yield page.filter(isRepositoryName);
      }
    },

    /** Empty also when the registry says that there is no such repository: it forgets one with its last tag. */
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

/** @returns what throws when the pages lead nowhere: in a circle, without anything new, or on and on. */
function createEndGuard(address: string, most: number) {
  const links = new Set<string>();
  let last: string | undefined;
  let barren = 0;
  let total = 0;
  return (entries: readonly string[], next: string): void => {
    const isBarren = entries.length === 0 || entries.at(-1) === last;
    barren = isBarren ? barren + 1 : 0;
    last = entries.at(-1) ?? last;
    total += entries.length;
    const isEndless = links.has(next) || links.size >= MAX_PAGES;
    if (isEndless || barren >= MAX_BARREN_PAGES || total > most) throw endless(address);
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
