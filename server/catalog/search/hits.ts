/** Reads the columns of results for one page. */

import { type SqlBool, sql } from 'kysely';
import type { Database } from '../../storage/database.ts';
import type { HeldState, ManifestKind } from '../../storage/schema.ts';
import { nameOf } from '../base/repository-lookup.ts';
import { passesName } from '../names/name-search.ts';
import { LABELLED_DIGESTS, labelCondition, labelValueBegins, type Places } from './conditions.ts';
import type { Place } from './scan.ts';
import type { Term, Test } from './terms.ts';

export interface MatchedLabel {
  readonly key: string;
  readonly value: string;
}

export interface ImageHit {
  readonly repository: string;
  readonly digest: string;
  /** The matching tag, else the highest; '' without tags. */
  readonly tag: string;
  /** Tags that people use. */
  readonly tagCount: number;
  readonly state: HeldState;
  readonly kind: ManifestKind;
  readonly sizeBytes: number;
  readonly platforms: readonly string[];
  readonly createdAt: number | null;
  readonly pushedAt: number | null;
  readonly pushedBy: string | null;
  readonly pushConfirmed: boolean;
  readonly lastPulledAt: number | null;
  readonly pullCount: number;
  /** The matching label, if the other columns do not explain the match. */
  readonly label: MatchedLabel | null;
}

/** In the order of `places`. @param known Results of looking up words. */
export async function imageHits(
  db: Database,
  terms: readonly Term[],
  places: readonly Place[],
  known: ReadonlyMap<Test, Places>,
): Promise<readonly ImageHit[]> {
  if (places.length === 0) return [];
  const ids = places.map(({ key }) => Number(key));
  const asked = terms.filter((term) => !term.isNegated);
  const rows = await readRows(db, ids);
  const isNowhere = (ids: readonly number[] | undefined) => ids !== undefined && ids.length === 0;
  const tags = await matchedTags(
    db,
    asked.filter(({ test }) => !isNowhere(known.get(test)?.tagged)),
    ids,
  );
  const labels = await matchedLabels(
    db,
    asked.filter(({ test }) => !isNowhere(known.get(test)?.labelled)),
    ids,
  );
  const hits = new Map(rows.map((row) => [row.id, toHit(row, tags.get(row.id), labels.get(row.id) ?? null)]));
  return ids.flatMap((id) => hits.get(id) ?? []);
}

function readRows(db: Database, ids: readonly number[]) {
  return db
    .selectFrom('held_manifests as image')
    .selectAll('image')
    .select(nameOf(sql.ref('image.repository_id')).as('repository'))
    .where('image.id', 'in', ids)
    .execute();
}

function toHit(
  row: Awaited<ReturnType<typeof readRows>>[number],
  tag: string | undefined,
  label: MatchedLabel | null,
): ImageHit {
  return {
    repository: row.repository,
    digest: row.digest,
    tag: tag ?? row.tag_name,
    tagCount: row.tag_count,
    state: row.state,
    kind: row.kind,
    sizeBytes: row.size_bytes,
    platforms: JSON.parse(row.platforms) as string[],
    createdAt: row.created_at,
    pushedAt: row.pushed_at,
    pushedBy: row.pushed_by,
    pushConfirmed: Boolean(row.push_confirmed),
    lastPulledAt: row.last_pulled_at === 0 ? null : row.last_pulled_at,
    pullCount: row.pull_count,
    label,
  };
}

/** The tag that matches a term; the highest if that one matches. */
async function matchedTags(
  db: Database,
  asked: readonly Term[],
  ids: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  const tests = asked.flatMap(({ test }) => (test.on === 'tag' || test.on === 'anything' ? [test.text] : []));
  if (tests.length === 0) return new Map();
  const passes = sql.join<SqlBool>(
    tests.map((test) => passesName(db, sql`named.name`, test)),
    sql` or `,
  );
  const { rows } = await sql<{ id: number; name: string; highest: number }>`
    select image.id as id, max(named.name) as name,
      max(case when named.name = image.tag_name then 1 else 0 end) as highest
    from held_manifests as image join tags as named
      on named.repository_id = image.repository_id and named.digest = image.digest
    where image.id in (${sql.join(ids)}) and named.subject_digest is null and (${passes})
    group by image.id`.execute(db);
  return new Map(rows.filter((row) => Number(row.highest) === 0).map((row) => [row.id, row.name]));
}

async function matchedLabels(
  db: Database,
  asked: readonly Term[],
  ids: readonly number[],
): Promise<ReadonlyMap<number, MatchedLabel>> {
  const conditions = asked.flatMap(({ test }) => {
    if (test.on === 'label') return [labelCondition(db, test.key, test.value)];
    return test.on === 'anything' && test.text.kind === 'part' ? [labelValueBegins(test.text.text)] : [];
  });
  if (conditions.length === 0) return new Map();
  const { rows } = await sql<{ id: number; key: string; value: string }>`
    select image.id as id, label.key as key, label.value as value
    from held_manifests as image join manifest_labels as given on given.digest in (${LABELLED_DIGESTS})
      join labels as label on label.id = given.label_id
    where image.id in (${sql.join(ids)}) and (${sql.join(
      conditions.map((condition) => sql`(${condition})`),
      sql` or `,
    )})
    order by label.key desc, label.value desc`.execute(db);
  return new Map(rows.map(({ id, key, value }) => [id, { key, value }]));
}
