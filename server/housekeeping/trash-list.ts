import { type RawBuilder, type SqlBool, sql } from 'kysely';
import {
  type AskedPage,
  cappedTotal,
  type KeyPage,
  keyClauses,
  MAX_COUNTED,
  readKeyPage,
  type Total,
} from '../catalog/base/key-page.ts';
import { isAmong } from '../storage/among.ts';
import type { Database } from '../storage/database.ts';
import { escapeLike } from '../storage/like.ts';
import { TRASH_COLUMNS, type TrashItem, toItem } from './trash.ts';

export interface TrashQuery extends AskedPage {
  /** Only entries of this repository. */
  readonly repository?: string | undefined;
  /** Part of a tag, repository name or user name, or the beginning of a digest. */
  readonly filter?: string | undefined;
  /** Decides by name, because a repository may have left the index with its last tag. */
  readonly maySee: (repository: string) => boolean;
}

/** An entry, with what was deleted because only it needed it. */
export interface TrashRow extends TrashItem {
  readonly partCount: number;
}

export type TrashPage = KeyPage<TrashRow> & Total;

const IS_LISTED = sql<SqlBool>`trash.restored_at is null and trash.part_of is null`;
const ORDER = { value: sql<number>`trash.id`, key: sql<number>`trash.id`, direction: 'desc', isText: false } as const;

/** Newest first, without restored entries. */
export async function listTrash(db: Database, query: TrashQuery): Promise<TrashPage> {
  const condition = await conditionOf(db, query);
  const order = { ...ORDER, key: ORDER.value, isNumericKey: true };
  const page = await readKeyPage(
    query,
    async (reading) => {
      const { behind, orderBy } = keyClauses(order, reading);
      const rows = await db
        .selectFrom('trash')
        .select(TRASH_COLUMNS)
        .select(sql<number>`length(raw)`.as('size'))
        .select(sql<number>`(select count(*) from trash as part where part.part_of = trash.id)`.as('parts'))
        .where(sql<SqlBool>`${condition} and ${behind}`)
        .orderBy(sql`${orderBy}`)
        .limit(reading.limit)
        .execute();
      return rows.map((row) => ({ ...toItem(row), partCount: Number(row.parts) }));
    },
    ({ id }) => ({ value: id, key: String(id) }),
  );
  return { ...page, ...(await countOf(db, condition)) };
}

/** How many entries there are, for a tab; at most `MAX_COUNTED`. */
export async function countTrash(db: Database, repository: string): Promise<Total> {
  return countOf(db, sql<SqlBool>`${IS_LISTED} and trash.repository = ${repository}`);
}

async function countOf(db: Database, condition: RawBuilder<SqlBool>): Promise<Total> {
  const { rows } = await sql<{ count: number }>`select count(*) as count from (
    select 1 as one from trash where ${condition} limit ${MAX_COUNTED + 1}) as counted`.execute(db);
  return cappedTotal(Number(rows[0]?.count ?? 0));
}

async function conditionOf(db: Database, query: TrashQuery): Promise<RawBuilder<SqlBool>> {
  const { repository, filter = '' } = query;
  const parts = [IS_LISTED, repository === undefined ? await seenIn(db, query) : isIn(repository, query)];
  if (filter !== '') parts.push(matches(filter));
  return sql<SqlBool>`${sql.join(parts, sql` and `)}`;
}

function isIn(repository: string, { maySee }: TrashQuery): RawBuilder<SqlBool> {
  return maySee(repository) ? sql<SqlBool>`trash.repository = ${repository}` : sql<SqlBool>`1 = 0`;
}

async function seenIn(db: Database, { maySee }: TrashQuery): Promise<RawBuilder<SqlBool>> {
  const rows = await db.selectFrom('trash').select('repository').distinct().where(IS_LISTED).execute();
  const names = rows.map((row) => row.repository).filter(maySee);
  return names.length === 0 ? sql<SqlBool>`1 = 0` : isAmong(db, sql.ref('trash.repository'), names);
}

function matches(text: string): RawBuilder<SqlBool> {
  const part = `%${escapeLike(text.slice(0, 255))}%`;
  const start = `${escapeLike(text.slice(0, 255))}%`;
  return sql<SqlBool>`(trash.tags like ${part} escape '\\' or trash.repository like ${part} escape '\\'
    or trash.deleted_by like ${part} escape '\\' or trash.digest like ${start} escape '\\')`;
}
