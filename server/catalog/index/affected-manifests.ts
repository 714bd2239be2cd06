/**
 * The manifests that a change can affect: those it names, everything below them, and everything that refers to those.
 */
import { type Selectable, sql } from 'kysely';
import type { Database } from '../../storage/database.ts';
import type { HeldManifestsTable, ManifestsTable } from '../../storage/schema.ts';

export type HeldRow = Omit<Selectable<HeldManifestsTable>, 'id'>;

export type ManifestFacts = Pick<
  Selectable<ManifestsTable>,
  'digest' | 'kind' | 'subject_digest' | 'created_at' | 'total_bytes' | 'platforms'
>;

/** `from` keeps `to`: an index keeps what it lists, an image keeps what refers to it. */
export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly isListed: boolean;
}

/** How unaffected manifests of the repository refer to an affected one. */
export interface OutsideReferences {
  readonly isListed: boolean;
  readonly isReached: boolean;
}

export interface AffectedManifests {
  readonly digests: ReadonlySet<string>;
  /** The stored ones. */
  readonly manifests: ReadonlyMap<string, ManifestFacts>;
  readonly edges: readonly Edge[];
  /** Their rows before the change. */
  readonly held: ReadonlyMap<string, HeldRow>;
  readonly outside: ReadonlyMap<string, OutsideReferences>;
}

/** @param roots Digests that the change names. */
export async function readAffectedManifests(
  trx: Database,
  repositoryId: number,
  roots: readonly string[],
): Promise<AffectedManifests> {
  const digests = new Set(roots);
  const manifests = new Map<string, ManifestFacts>();
  const edges: Edge[] = [];
  let frontier: readonly string[] = [...digests];
  while (frontier.length > 0) {
    for (const row of await factsOf(trx, frontier)) manifests.set(row.digest, row);
    const indexes = frontier.filter((digest) => manifests.get(digest)?.kind === 'index');
    const listed = await listedBy(trx, indexes);
    edges.push(...listed);
    const below = [...listed.map((edge) => edge.to), ...(await referrersOf(trx, repositoryId, frontier))];
    frontier = [...new Set(below)].filter((digest) => !digests.has(digest));
    for (const digest of frontier) digests.add(digest);
  }
  // Not from the query, because manifests that are about to be added refer to others, too.
  for (const { digest, subject_digest } of manifests.values()) {
    if (digests.has(subject_digest ?? '')) edges.push({ from: subject_digest ?? '', to: digest, isListed: false });
  }
  const held = await heldRows(trx, repositoryId, [...digests]);
  const outside = await fromOutside(trx, repositoryId, [...manifests.values()], digests);
  return { digests, manifests, edges, held, outside };
}

export async function factsOf(trx: Database, digests: readonly string[]): Promise<readonly ManifestFacts[]> {
  return trx
    .selectFrom('manifests')
    .select(['digest', 'kind', 'subject_digest', 'created_at', 'total_bytes', 'platforms'])
    .where('digest', 'in', digests)
    .execute();
}

/** One edge for each child of these indexes. */
export async function listedBy(trx: Database, indexes: readonly string[]): Promise<readonly Edge[]> {
  if (indexes.length === 0) return [];
  const rows = await trx
    .selectFrom('manifest_children')
    .select(['parent_digest', 'child_digest'])
    .where('parent_digest', 'in', indexes)
    .execute();
  return rows.map((row) => ({ from: row.parent_digest, to: row.child_digest, isListed: true }));
}

async function referrersOf(
  trx: Database,
  repositoryId: number,
  subjects: readonly string[],
): Promise<readonly string[]> {
  // In this join order: few manifests refer to these subjects, but a repository may hold many thousands.
  const rows = await trx
    .selectFrom('manifests')
    .crossJoin('held_manifests')
    .select('manifests.digest')
    .where('manifests.subject_digest', 'in', subjects)
    .whereRef('held_manifests.digest', '=', 'manifests.digest')
    .where('held_manifests.repository_id', '=', repositoryId)
    .execute();
  return rows.map((row) => row.digest);
}

async function heldRows(
  trx: Database,
  repositoryId: number,
  digests: readonly string[],
): Promise<ReadonlyMap<string, HeldRow>> {
  if (digests.length === 0) return new Map();
  const rows = await trx
    .selectFrom('held_manifests')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('digest', 'in', digests)
    .execute();
  return new Map(rows.map(({ id: _id, ...row }) => [row.digest, row]));
}

/** Indexes that list it and its subject, as far as these are not affected themselves. */
async function fromOutside(
  trx: Database,
  repositoryId: number,
  manifests: readonly ManifestFacts[],
  inside: ReadonlySet<string>,
): Promise<ReadonlyMap<string, OutsideReferences>> {
  if (manifests.length === 0) return new Map();
  const reachedSubjects = await reachedOf(
    trx,
    repositoryId,
    manifests.flatMap(({ subject_digest }) =>
      subject_digest === null || inside.has(subject_digest) ? [] : [subject_digest],
    ),
  );
  const listed = await listedOutside(trx, repositoryId, manifests);
  return new Map(
    manifests.map(({ digest, subject_digest }) => {
      const { isListed, isReached } = listed.get(digest) ?? { isListed: false, isReached: false };
      return [digest, { isListed, isReached: isReached || reachedSubjects.has(subject_digest ?? '') }];
    }),
  );
}

async function reachedOf(
  trx: Database,
  repositoryId: number,
  digests: readonly string[],
): Promise<ReadonlySet<string>> {
  if (digests.length === 0) return new Set();
  const rows = await trx
    .selectFrom('held_manifests')
    .select('digest')
    .where('repository_id', '=', repositoryId)
    .where('digest', 'in', digests)
    .where('reached', '=', 1)
    .execute();
  return new Set(rows.map((row) => row.digest));
}

/** `exists`, because thousands of indexes may list one image. */
async function listedOutside(
  trx: Database,
  repositoryId: number,
  manifests: readonly ManifestFacts[],
): Promise<ReadonlyMap<string, OutsideReferences>> {
  const inside = manifests.filter(({ kind }) => kind === 'index').map(({ digest }) => digest);
  const isOutside = inside.length === 0 ? sql`` : sql`and listed.parent_digest not in (${sql.join(inside)})`;
  const lister = (condition: ReturnType<typeof sql>) => sql`exists (
    select 1 from manifest_children as listed
      cross join held_manifests as held
      where listed.child_digest = manifests.digest
        and held.repository_id = ${repositoryId} and held.digest = listed.parent_digest ${isOutside} ${condition})`;
  const { rows } = await sql<{ digest: string; answer: number }>`
    select digest, case when ${lister(sql`and held.reached = 1`)} then 2 when ${lister(sql``)} then 1 else 0 end as answer
    from manifests where digest in (${sql.join(manifests.map((manifest) => manifest.digest))})`.execute(trx);
  return new Map(rows.map(({ digest, answer }) => [digest, { isListed: answer > 0, isReached: answer === 2 }]));
}
