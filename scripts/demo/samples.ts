/**
 * What the registry weighed on each of the last days, worked out from what was pushed until then. No store writes days
 * that are over, so this is the one place that knows tables.
 */
import { EVERYTHING } from '../../server/catalog/visibility/visibility.ts';
import { calendarDay, DAY_MS } from '../../server/storage/calendar.ts';
import type { Database } from '../../server/storage/database.ts';
import type { Content } from './content.ts';

const DAYS = 92;
// Of folders below the root, as the product keeps them.
const MAX_DEPTH = 2;
const ROWS_AT_ONCE = 100;

interface Held {
  readonly tags: Set<string>;
  /** What each tagged image weighs. */
  readonly images: Map<string, number>;
  readonly tagged: Map<string, number>;
  readonly untagged: Map<string, number>;
}

interface Sums {
  readonly repository_count: number;
  readonly tag_count: number;
  readonly logical_bytes: number;
  readonly size_bytes: number;
  readonly unique_bytes: number;
  readonly reclaimable_bytes: number;
}

export async function addSamples(db: Database, content: Content, now: number): Promise<void> {
  const ids = new Map(
    (await db.selectFrom('repositories').select(['id', 'name']).execute()).map((row) => [row.name, row.id]),
  );
  const folderRows = [];
  const repositoryRows = [];
  let before = -1;
  let known = { folders: new Map<string, Sums>(), repositories: new Map<string, Sums>() };
  for (let back = DAYS; back >= 1; back -= 1) {
    const day = calendarDay(now) - back * DAY_MS;
    const pushes = content.pushes.filter(({ at }) => at < day);
    if (pushes.length > before) known = sumsOf(holdingsOf({ ...content, pushes }));
    const isChanged = pushes.length > before;
    before = pushes.length;
    for (const [path, sums] of known.folders)
      folderRows.push({ visibility_id: EVERYTHING.id, path, day_at: day, ...sums });
    if (!isChanged) continue;
    for (const [name, { repository_count: _, ...sums }] of known.repositories) {
      const id = ids.get(name);
      if (id !== undefined) repositoryRows.push({ repository_id: id, day_at: day, ...sums });
    }
  }
  for (const rows of inChunks(folderRows)) await db.insertInto('folder_samples').values(rows).execute();
  for (const rows of inChunks(repositoryRows)) await db.insertInto('repository_samples').values(rows).execute();
}

function* inChunks<Row>(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) yield rows.slice(start, start + ROWS_AT_ONCE);
}

function holdingsOf({ pushes, partsOf }: Content): ReadonlyMap<string, Held> {
  const holdings = new Map<string, Held>();
  for (const { repository, tag, manifest } of pushes) {
    const held = holdings.get(repository) ?? emptyHeld();
    holdings.set(repository, held);
    const parts = partsOf(manifest.digest);
    if (tag !== undefined) held.images.set(manifest.digest, sumOf(parts.values()));
    if (tag !== undefined) held.tags.add(tag);
    for (const [digest, bytes] of parts) (tag === undefined ? held.untagged : held.tagged).set(digest, bytes);
  }
  return holdings;
}

function emptyHeld(): Held {
  return { tags: new Set(), images: new Map(), tagged: new Map(), untagged: new Map() };
}

function sumsOf(holdings: ReadonlyMap<string, Held>) {
  const holders = new Map<string, Set<string>>();
  for (const [name, held] of holdings) {
    for (const digest of held.tagged.keys()) holders.set(digest, (holders.get(digest) ?? new Set()).add(name));
  }
  const repositories = new Map([...holdings].map(([name]) => [name, sumOfAll(holdings, [name], holders)]));
  const paths = new Set([...holdings.keys()].flatMap(foldersOf));
  const folders = new Map(
    [...paths].map((path) => {
      const below = [...holdings.keys()].filter((name) => path === '' || name.startsWith(`${path}/`));
      return [path, sumOfAll(holdings, below, holders)];
    }),
  );
  return { folders, repositories };
}

/** `''`, `data`, `data/etl` of `data/etl/orders`. */
function foldersOf(name: string): readonly string[] {
  const parts = name.split('/').slice(0, -1).slice(0, MAX_DEPTH);
  return ['', ...parts.map((_, index) => parts.slice(0, index + 1).join('/'))];
}

function sumOfAll(
  holdings: ReadonlyMap<string, Held>,
  names: readonly string[],
  holders: ReadonlyMap<string, ReadonlySet<string>>,
): Sums {
  const here = new Set(names);
  const all = names.flatMap((name) => holdings.get(name) ?? []);
  const tagged = new Map(all.flatMap((held) => [...held.tagged]));
  const untagged = new Map(all.flatMap((held) => [...held.untagged]));
  const isOnlyHere = (digest: string) => [...(holders.get(digest) ?? [])].every((name) => here.has(name));
  return {
    repository_count: names.length,
    tag_count: sumOf(all.map((held) => held.tags.size)),
    logical_bytes: sumOf(all.flatMap((held) => [...held.images.values()])),
    size_bytes: sumOf(tagged.values()),
    unique_bytes: sumOf([...tagged].filter(([digest]) => isOnlyHere(digest)).map(([, bytes]) => bytes)),
    reclaimable_bytes: sumOf([...untagged].filter(([digest]) => !holders.has(digest)).map(([, bytes]) => bytes)),
  };
}

function sumOf(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
