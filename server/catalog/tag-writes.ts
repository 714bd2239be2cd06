/** What changes in the tables of repositories and tags. Each function is for a transaction and asks nobody. */
import type { Database } from '../storage/database.ts';
import { folderOf } from './folders.ts';
import { subjectOfTag } from './referrers.ts';
import { showRepositories } from './visibility-build.ts';

/** Who pushed and when, as far as that is proven. */
export interface Push {
  readonly at: number;
  /** '' for anonymous; null: not known. */
  readonly by: string | null;
  readonly confirmed: boolean;
}

/** Where the registry says a tag points to. */
export interface SeenTag {
  readonly name: string;
  readonly digest: string;
  /** Of exactly this digest under this tag. */
  readonly push?: Push | undefined;
}

/** @returns its id; a new one is matched against every pattern that somebody holds. */
export async function ensureRepository(trx: Database, name: string, at: number): Promise<number> {
  const known = await trx.selectFrom('repositories').select('id').where('name', '=', name).executeTakeFirst();
  if (known !== undefined) return known.id;
  const { id } = await trx
    .insertInto('repositories')
    .values({
      name,
      folder: folderOf(name),
      first_seen_at: at,
      checked_at: null,
      last_pushed_at: null,
      last_pushed_by: null,
      last_pulled_at: null,
      newest_tag: null,
      error: null,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await showRepositories(trx, [{ id, name }]);
  return id;
}

/** @returns whether anything that people see changed. */
export async function putTag(trx: Database, repositoryId: number, seen: SeenTag, at: number): Promise<boolean> {
  const known = await trx
    .selectFrom('tags')
    .select(['id', 'digest', 'pushed_at', 'push_confirmed'])
    .where('repository_id', '=', repositoryId)
    .where('name', '=', seen.name)
    .executeTakeFirst();
  if (known === undefined) {
    await insertTag(trx, repositoryId, seen, at);
    return true;
  }
  const isMoved = known.digest !== seen.digest;
  const isNewer = isNews(seen.push, { ...known, isMoved });
  await trx
    .updateTable('tags')
    .set({ digest: seen.digest, checked_at: at, missing_since: null })
    // Nobody told us who moved it: better nothing than the name of who pushed what was there before.
    .$if(isMoved || isNewer, (tag) => tag.set(pushColumns(isNewer ? seen.push : undefined)))
    .where('id', '=', known.id)
    .execute();
  return isMoved || isNewer;
}

interface KnownPush {
  readonly pushed_at: number | null;
  readonly push_confirmed: 0 | 1;
  readonly isMoved: boolean;
}

/** Late and repeated events do not go back in time; an unproven one counts only while it is the registry that shows a change. */
function isNews(push: Push | undefined, known: KnownPush): boolean {
  if (push === undefined) return false;
  if (known.isMoved) return true;
  return push.confirmed && (push.at > (known.pushed_at ?? 0) || known.push_confirmed === 0);
}

async function insertTag(
  trx: Database,
  repositoryId: number,
  { name, digest, push }: SeenTag,
  at: number,
): Promise<void> {
  await trx
    .insertInto('tags')
    .values({
      repository_id: repositoryId,
      name,
      digest,
      first_seen_at: at,
      checked_at: at,
      last_pulled_at: null,
      missing_since: null,
      subject_digest: subjectOfTag(name) ?? null,
      ...pushColumns(push),
    })
    .execute();
}

function pushColumns(push: Push | undefined) {
  const confirmed: 0 | 1 = push?.confirmed ? 1 : 0;
  return { pushed_at: push?.at ?? null, pushed_by: confirmed ? (push?.by ?? null) : null, push_confirmed: confirmed };
}

const EVENT_DELAY_MS = 2 * 60_000;

/** The repository's own last push stays, whatever becomes of the tag. */
export async function notePush(trx: Database, repositoryId: number, push: Push): Promise<void> {
  const { pushed_at, pushed_by, push_confirmed } = pushColumns(push);
  await trx
    .updateTable('repositories')
    .set({ last_pushed_at: pushed_at, last_pushed_by: pushed_by, last_push_confirmed: push_confirmed })
    .where('id', '=', repositoryId)
    .where((where) => {
      const isLater = where.or([where('last_pushed_at', 'is', null), where('last_pushed_at', '<', push.at)]);
      if (!push.confirmed) return isLater;
      // We saw the change ourselves; its event comes a little later and tells who made it.
      const isSameUnproven = [
        where('last_push_confirmed', '=', 0),
        where('last_pushed_at', '<', push.at + EVENT_DELAY_MS),
      ];
      return where.or([isLater, where.and(isSameUnproven)]);
    })
    .execute();
}

export interface DroppedTag {
  readonly name: string;
  readonly digest: string;
}

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

/** Remembers when a tag was missed first. */
export async function markMissing(trx: Database, repositoryId: number, name: string, at: number): Promise<void> {
  await trx
    .updateTable('tags')
    .set({ missing_since: at, checked_at: at })
    .where('repository_id', '=', repositoryId)
    .where('name', '=', name)
    .where('missing_since', 'is', null)
    .execute();
}

/** The registry no longer has this manifest under this name. */
export async function unlinkManifest(trx: Database, repositoryId: number, digest: string): Promise<void> {
  await trx
    .deleteFrom('held_manifests')
    .where('repository_id', '=', repositoryId)
    .where('digest', '=', digest)
    .execute();
}
