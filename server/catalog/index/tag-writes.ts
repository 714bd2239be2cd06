/** All writes to the table `tags`; each function is for use in a transaction and sends no request. */
import type { Selectable } from 'kysely';
import type { Database } from '../../storage/database.ts';
import { createInsertion } from '../../storage/insert-rows.ts';
import type { TagsTable } from '../../storage/schema.ts';
import { lockRepository, pulledAt, setLastPush } from '../base/repository-writes.ts';
import { subjectOfTag } from '../manifests/referrers.ts';
import { ensureRepositories } from './new-repositories.ts';
import { historyOfTags, NO_HISTORY, type PushColumns, type TagHistory } from './tag-history.ts';

/** Who pushed and when. */
export interface Push {
  readonly at: number;
  /** '' for anonymous; null: not known. */
  readonly by: string | null;
  readonly confirmed: boolean;
}

/** The digest that the registry has for a tag. */
export interface SeenTag {
  readonly name: string;
  readonly digest: string;
  /** The push of exactly this digest under this tag. */
  readonly push?: Push | undefined;
}

export type TagRow = Omit<Selectable<TagsTable>, 'id'>;

/**
 * Adds the repository if it is new and makes it visible to those who may see it.
 * @returns its ID; the row is locked.
 */
export async function ensureRepository(trx: Database, name: string, at: number): Promise<number> {
  const known = await lockRepository(trx, name);
  if (known !== undefined) return known;
  await ensureRepositories(trx, [name], at);
  const made = await lockRepository(trx, name);
  if (made === undefined) throw new Error(`The row of ${name} was not made`);
  return made;
}

/** Answers of the registry compared with the stored tags. */
export interface PlannedTags {
  /** New, moved, or pushed again. */
  readonly changed: readonly TagRow[];
  /** Unchanged tags. */
  readonly same: readonly string[];
  /** New and former digests of the changed tags. */
  readonly digests: readonly string[];
}

/** Compares the registry's answers with the stored tags; writes nothing. */
export async function planTags(
  trx: Database,
  repositoryId: number,
  seen: readonly SeenTag[],
  at: number,
): Promise<PlannedTags> {
  const latest = new Map(seen.map((tag) => [tag.name, tag]));
  const known = await knownTags(trx, repositoryId, [...latest.keys()]);
  const elsewhere = [...latest.values()].filter(({ name, digest }) => known.get(name)?.digest !== digest);
  const pasts = await historyOfTags(
    trx,
    repositoryId,
    elsewhere.map((tag) => tag.name),
  );
  const changed: TagRow[] = [];
  const same: string[] = [];
  const digests = new Set<string>();
  for (const tag of latest.values()) {
    const before = known.get(tag.name);
    const past = pasts.get(tag.name) ?? NO_HISTORY;
    const after = before === undefined ? newTag(repositoryId, tag, past, at) : changedTag(before, tag, past, at);
    if (after === undefined) same.push(tag.name);
    else {
      changed.push(after);
      digests.add(tag.digest).add(before?.digest ?? tag.digest);
    }
  }
  return { changed, same, digests: [...digests] };
}

async function knownTags(
  trx: Database,
  repositoryId: number,
  names: readonly string[],
): Promise<ReadonlyMap<string, TagRow>> {
  if (names.length === 0) return new Map();
  const rows = await trx
    .selectFrom('tags')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('name', 'in', names)
    .execute();
  return new Map(rows.map(({ id: _id, ...row }) => [row.name, row]));
}

/** A tag that comes back gets its history; an unconfirmed push does not override it. */
export function newTag(repositoryId: number, { name, digest, push }: SeenTag, past: TagHistory, at: number): TagRow {
  const remembered = past.pushes.get(digest);
  const isNewer = remembered === undefined || isNews(push, { ...remembered, isMoved: false });
  return {
    repository_id: repositoryId,
    name,
    digest,
    first_seen_at: at,
    checked_at: at,
    last_pulled_at: past.last_pulled_at,
    pull_count: past.pull_count,
    missing_since: null,
    subject_digest: subjectOfTag(name) ?? null,
    name_key: '',
    size_bytes: 0,
    platform_count: 0,
    aged_at: 0,
    ...(isNewer ? pushColumns(push) : remembered),
  };
}

/** @returns undefined when only the time of the check changed. */
function changedTag(known: TagRow, { digest, push }: SeenTag, past: TagHistory, at: number): TagRow | undefined {
  const isMoved = known.digest !== digest;
  const isNewer = isNews(push, { ...known, isMoved });
  if (!isMoved && !isNewer) return undefined;
  // It is unknown who moved the tag: no name is better than that of the former push.
  const pushed = isNewer ? pushColumns(push) : (past.pushes.get(digest) ?? pushColumns(undefined));
  return { ...known, digest, checked_at: at, missing_since: null, ...pushed };
}

/** Updates the time of the check of unchanged tags. */
export async function recordSeen(
  trx: Database,
  repositoryId: number,
  names: readonly string[],
  at: number,
): Promise<void> {
  if (names.length === 0) return;
  await trx
    .updateTable('tags')
    .set({ checked_at: at, missing_since: null })
    .where('repository_id', '=', repositoryId)
    .where('name', 'in', names)
    .execute();
}

/** All tags that point to these digests. */
export async function tagsOnDigests(
  trx: Database,
  repositoryId: number,
  digests: readonly string[],
): Promise<readonly TagRow[]> {
  const rows = await trx
    .selectFrom('tags')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('digest', 'in', digests)
    .execute();
  return rows.map(({ id: _id, ...row }) => row);
}

const CHANGING = [
  'digest',
  'checked_at',
  'missing_since',
  'pushed_at',
  'pushed_by',
  'push_confirmed',
  'name_key',
  'size_bytes',
  'platform_count',
  'aged_at',
] as const;
export const storeTags = createInsertion({
  into: 'tags',
  columns: [...CHANGING, 'repository_id', 'name', 'first_seen_at', 'last_pulled_at', 'pull_count', 'subject_digest'],
  conflict: { on: ['repository_id', 'name'], set: CHANGING },
});

interface KnownPush {
  readonly pushed_at: number | null;
  readonly push_confirmed: 0 | 1;
  readonly isMoved: boolean;
}

/**
 * Late and repeated events do not replace newer data; an unconfirmed push counts only together with a change in the
 * registry.
 */
function isNews(push: Push | undefined, known: KnownPush): boolean {
  if (push === undefined) return false;
  if (known.isMoved) return true;
  return push.confirmed && (push.at > (known.pushed_at ?? 0) || known.push_confirmed === 0);
}

function pushColumns(push: Push | undefined): PushColumns {
  const confirmed: 0 | 1 = push?.confirmed ? 1 : 0;
  return { pushed_at: push?.at ?? null, pushed_by: confirmed ? (push?.by ?? null) : null, push_confirmed: confirmed };
}

/** The repository keeps its last push, whatever happens to the tag. */
export async function recordPush(trx: Database, repositoryId: number, push: Push): Promise<void> {
  await setLastPush(trx, repositoryId, { ...pushColumns(push), pushed_at: push.at });
}

/** @returns the digest of the tag. */
export async function addPullOfTag(
  trx: Database,
  repositoryId: number,
  name: string,
  at: number,
): Promise<string | undefined> {
  const row = await trx
    .updateTable('tags')
    .set(pulledAt(at))
    .where('repository_id', '=', repositoryId)
    .where('name', '=', name)
    .returning('digest')
    .executeTakeFirst();
  return row?.digest;
}

export interface DroppedTag {
  readonly name: string;
  readonly digest: string;
}

/** @returns the deleted tags with their digests; unknown names are left out. */
export async function dropTags(
  trx: Database,
  repositoryId: number,
  names: readonly string[],
): Promise<readonly DroppedTag[]> {
  if (names.length === 0) return [];
  return trx
    .deleteFrom('tags')
    .where('repository_id', '=', repositoryId)
    .where('name', 'in', names)
    .returning(['name', 'digest'])
    .execute();
}

/** Records when tags were first missing. */
export async function markMissing(
  trx: Database,
  repositoryId: number,
  names: readonly string[],
  at: number,
): Promise<void> {
  if (names.length === 0) return;
  await trx
    .updateTable('tags')
    .set({ missing_since: at, checked_at: at })
    .where('repository_id', '=', repositoryId)
    .where('name', 'in', names)
    .where('missing_since', 'is', null)
    .execute();
}
