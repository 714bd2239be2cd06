import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { rowsOf } from '../../storage/among.ts';
import type { Database } from '../../storage/database.ts';
import type { HeldState } from '../../storage/schema.ts';
import { foldCase, type NameLookup } from '../names/name-search.ts';
import type { Visibility } from '../visibility/visibility.ts';
import { type Candidates, imageCandidates } from './candidates.ts';
import { agedRange, allOf, type Condition, imageCondition, needsHome, needsWhole, statesOf } from './conditions.ts';
import { type ImageHit, imageHits } from './hits.ts';
import {
  type AskedResults,
  type Found,
  type PageOfMatches,
  pageOfCandidates,
  pageOfScan,
  type Ranked,
} from './page.ts';
import { type Reading, type Scan, visibleTo } from './scan.ts';
import type { Term } from './terms.ts';

/** Manifests that match all terms, once for each repository that has them. */
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
  begun: Begun,
  asked: AskedResults & { readonly now: number },
): Promise<PageOfMatches> {
  const { ids, places } = begun.candidates;
  const where = allOf(begun.terms.map((term) => imageCondition(db, term, asked.now, places)));
  if (ids === undefined) return pageOfScan(db, imageScan(begun, where, asked.now), asked);
  return pageOfCandidates(ids.length === 0 ? [] : await compared(db, begun, ids, where), asked);
}

async function compared(
  db: Database,
  { visibility, terms, states }: Begun,
  candidates: readonly number[],
  where: Condition,
): Promise<readonly Ranked[]> {
  const visible = visibleTo(visibility, 'image.repository_id', where);
  const { rows } = await sql<{ id: number; aged_at: number; name: string; tag_name: string }>`
    select image.id, image.aged_at, image.tag_name, home.name
    from ${rowsOf(db, candidates)} as near cross join held_manifests as image ${visible.join}
      cross join repositories as home ${wholeJoin(terms)}
    where image.id = near.value and image.state in (${sql.join(states)}) and home.id = image.repository_id
      ${wholeCondition(terms)} and ${visible.where}`.execute(db);
  return rows.map(({ id, aged_at, name, tag_name }) => {
    return { key: id, value: aged_at, score: scoreOf(terms, name, tag_name) };
  });
}

function wholeJoin(terms: readonly Term[]): RawBuilder<unknown> {
  return terms.some(needsWhole) ? sql`cross join held_manifests as whole` : sql``;
}

function wholeCondition(terms: readonly Term[]): RawBuilder<unknown> {
  return terms.some(needsWhole) ? sql` and whole.id = image.id` : sql``;
}

/** Rank: 3: the whole name matches, 2: its last part or tag does, 1: the last part begins so, 0: otherwise. */
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

/** Joins other tables only if a term needs them; the complete row last. */
function imageScan({ visibility, terms, states }: Begun, where: Condition, now: number): Scan {
  const range = agedRange(terms, now, 'aged_at');
  const branches = branchesOf(terms, states).map((branch) => sql<SqlBool>`${branch} and ${range}`);
  const visible = visibleTo(visibility, 'image.repository_id', where);
  const [homeJoin, ofHome] = terms.some(needsHome)
    ? [sql`cross join repositories as home`, sql`and home.id = image.repository_id`]
    : [sql``, sql``];
  return {
    window: (reading, columns) => imageWindow(branches, reading, columns),
    columns: sql`, id, aged_at, state, repository_id, kind, tag_count, tag_name, digest`,
    matching: (window) => sql`(${window}) as image ${visible.join} ${homeJoin} ${wholeJoin(terms)}
      where ${visible.where} ${ofHome}${wholeCondition(terms)}`,
  };
}

/** Values of the index columns before the time: one read for each. */
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
  { position, size, offset }: Reading,
  columns: RawBuilder<unknown>,
): RawBuilder<unknown> {
  const id = Number(position?.key);
  const behind =
    position === undefined || !Number.isSafeInteger(id) ? sql`1 = 1` : sql`(aged_at, id) < (${position.value}, ${id})`;
  const reading = (branch: Condition) =>
    sql`select aged_at as value, id as key ${columns} from held_manifests
      where ${branch} and ${behind} order by aged_at desc, id desc`;
  const [only, ...others] = branches;
  if (only !== undefined && others.length === 0) return sql`${reading(only)} limit ${size} offset ${offset}`;
  const readings = branches.map((branch) => sql`select * from (${reading(branch)} limit ${size + offset}) as reading`);
  return sql`select * from (${sql.join(readings, sql` union all `)}) as readings
    order by value desc, key desc limit ${size} offset ${offset}`;
}
