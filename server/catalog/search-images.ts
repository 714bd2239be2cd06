import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../storage/database.ts';
import type { HeldState } from '../storage/schema.ts';
import type { Position } from './cursor.ts';
import { foldCase, type NameLookup } from './name-search.ts';
import { type Candidates, imageCandidates } from './search-candidates.ts';
import { type Condition, imageCondition, statesOf } from './search-conditions.ts';
import { type ImageHit, imageHits } from './search-hits.ts';
import { type AskedResults, type Found, type PageOfPlaces, pageOfFew, pageOfScan, type Ranked } from './search-page.ts';
import type { Term } from './search-query.ts';
import type { Scan } from './search-scan.ts';
import { isVisible, type Visibility } from './visibility.ts';

/** Manifests that meet all terms, each in each repository that holds it. */
export async function searchImages(
  db: Database,
  visibility: Visibility,
  terms: readonly Term[],
  asked: AskedResults & { readonly now: number; readonly names: NameLookup },
): Promise<Found<ImageHit>> {
  const states = statesOf(terms);
  const candidates = await imageCandidates(db, asked.names, visibility, terms, states);
  const page = await placesOf(db, { visibility, terms, states, candidates }, asked);
  return { ...page, rows: await imageHits(db, terms, page.rows, candidates.places) };
}

interface Begun {
  readonly visibility: Visibility;
  readonly terms: readonly Term[];
  readonly states: readonly HeldState[];
  readonly candidates: Candidates;
}

async function placesOf(
  db: Database,
  { visibility, terms, states, candidates: { ids, places } }: Begun,
  asked: AskedResults & { readonly now: number },
): Promise<PageOfPlaces> {
  const where = sql.join<unknown>(
    [
      sql`image.state in (${sql.join(states)})`,
      ...terms.map((term) => imageCondition(db, term, asked.now, places)),
      // Last, because it costs a look into another table for each row that is left.
      isVisible(visibility, 'image.repository_id'),
    ],
    sql` and `,
  ) as Condition;
  if (ids === undefined) return pageOfScan(db, imageScan(terms, states, where), asked);
  return pageOfFew(ids.length === 0 ? [] : await compared(db, terms, ids, where), asked);
}

async function compared(
  db: Database,
  terms: readonly Term[],
  candidates: readonly number[],
  where: Condition,
): Promise<readonly Ranked[]> {
  const { rows } = await sql<{ id: number; aged_at: number; name: string; tag_name: string }>`
    select image.id, image.aged_at, image.tag_name, home.name from held_manifests as image
    join repositories as home on home.id = image.repository_id
    where image.id in (${sql.join(candidates)}) and ${where}`.execute(db);
  return rows.map(({ id, aged_at, name, tag_name }) => {
    return { key: id, value: aged_at, score: scoreOf(terms, name, tag_name) };
  });
}

/** 3: called exactly that, 2: its last part or its tag is, 1: the last part begins so. */
export function scoreOf(terms: readonly Term[], name: string, tag = ''): number {
  const leaf = name.slice(name.lastIndexOf('/') + 1);
  const scores = terms.map(({ test, isNegated }) => {
    if (isNegated || (test.on !== 'anything' && test.on !== 'repository')) return 0;
    const text = foldCase(test.text.text);
    if (name === text) return 3;
    if (leaf === text || foldCase(tag) === text) return 2;
    return leaf.startsWith(text) ? 1 : 0;
  });
  return Math.max(0, ...scores);
}

function imageScan(terms: readonly Term[], states: readonly HeldState[], where: Condition): Scan {
  const branches = branchesOf(terms, states);
  return {
    window: (position, size) => imageWindow(branches, position, size),
    joined: sql`held_manifests as image cross join repositories as home`,
    where: sql`image.id = seen.key and home.id = image.repository_id and ${where}`,
  };
}

/** Conditions that an index has in front of the time: one reading for each. */
function branchesOf(terms: readonly Term[], states: readonly HeldState[]): readonly Condition[] {
  for (const { test, isNegated } of terms) {
    if (isNegated) continue;
    if (test.on === 'kind') return states.map((state) => sql`kind = ${test.kind} and state = ${state}`);
    if (test.on === 'pusher' && test.text.kind === 'whole') return [sql`pushed_by = ${foldCase(test.text.text)}`];
  }
  return states.map((state) => sql`state = ${state}`);
}

function imageWindow(
  branches: readonly Condition[],
  position: Position | undefined,
  size: number,
): RawBuilder<unknown> {
  const id = Number(position?.key);
  const behind =
    position === undefined || !Number.isSafeInteger(id) ? sql`1 = 1` : sql`(aged_at, id) < (${position.value}, ${id})`;
  const readings = branches.map(
    (branch) => sql`select * from (select aged_at as value, id as key from held_manifests
      where ${branch} and ${behind} order by aged_at desc, id desc limit ${size}) as reading`,
  );
  if (readings.length === 1) return readings[0] as RawBuilder<unknown>;
  return sql`select value, key from (${sql.join(readings, sql` union all `)}) as readings
    order by value desc, key desc limit ${size}`;
}
