import { sql } from 'kysely';
import type { Database } from '../storage/database.ts';
import { withClosure } from './manifest-store.ts';

/** Brings a repository's sums up to date with its tags; part of the transaction that changed them. */
export async function sumUpRepository(trx: Database, repositoryId: number): Promise<void> {
  await trx
    .updateTable('repositories')
    .set({
      ...(await tagFacts(trx, repositoryId)),
      size_bytes: await distinctBytes(trx, repositoryId),
      platforms: JSON.stringify(await platforms(trx, repositoryId)),
    })
    .where('id', '=', repositoryId)
    .execute();
}

async function tagFacts(trx: Database, repositoryId: number) {
  const tags = trx
    .selectFrom('tags')
    .where('tags.repository_id', '=', repositoryId)
    .where('tags.subject_digest', 'is', null);
  const { total } = await tags.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  const newest = await tags
    .leftJoin('manifests', 'manifests.digest', 'tags.digest')
    .select('tags.name')
    .orderBy(sql`coalesce(tags.pushed_at, manifests.created_at, 0)`, 'desc')
    .orderBy('tags.name', 'desc')
    .limit(1)
    .executeTakeFirst();
  return { tag_count: Number(total), newest_tag: newest?.name ?? null };
}

async function distinctBytes(trx: Database, repositoryId: number): Promise<number> {
  const found = await sql<{ bytes: number | null }>`
    ${withClosure(sql`select digest from tags where repository_id = ${repositoryId}`)}
    select sum(size_bytes) as bytes from (select max(size_bytes) as size_bytes from manifest_blobs
      where digest in (select digest from closure) group by blob_digest) as blobs`.execute(trx);
  return Number(found.rows[0]?.bytes ?? 0);
}

async function platforms(trx: Database, repositoryId: number): Promise<readonly string[]> {
  const rows = await trx
    .selectFrom('tags')
    .innerJoin('manifests', 'manifests.digest', 'tags.digest')
    .select('manifests.platforms')
    .distinct()
    .where('tags.repository_id', '=', repositoryId)
    .where('tags.subject_digest', 'is', null)
    .execute();
  return [...new Set(rows.flatMap((row) => JSON.parse(row.platforms) as string[]))].sort();
}
