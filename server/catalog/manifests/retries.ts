/**
 * Table `manifest_retries`: manifests and documents that the registry does not have or fails to serve are requested
 * again with growing delays, also after a restart.
 */
import type { Database } from '../../storage/database.ts';
import { createInsertion } from '../../storage/insert-rows.ts';

const FIRST_WAIT_MS = 3600_000;
const MAX_WAIT_MS = 24 * 3600_000;
// Below the number of parameters that one statement may have.
const DIGESTS_AT_ONCE = 5000;

export function createManifestRetries(db: Database, now: () => number) {
  async function rowsOf(repository: string, digests: readonly string[]) {
    const found: { digest: string; tries: number; next_at: number }[] = [];
    for (let start = 0; start < digests.length; start += DIGESTS_AT_ONCE) {
      const rows = await db
        .selectFrom('manifest_retries')
        .select(['digest', 'tries', 'next_at'])
        .where('repository', '=', repository)
        .where('digest', 'in', digests.slice(start, start + DIGESTS_AT_ONCE))
        .execute();
      found.push(...rows);
    }
    return found;
  }

  /** If the clock was set back, nothing waits longer than the longest delay. */
  const isWaiting = (nextAt: number): boolean => nextAt > now() && nextAt <= now() + MAX_WAIT_MS;

  return {
    /** Digests that must not be requested yet. */
    async waiting(repository: string, digests: readonly string[]): Promise<ReadonlySet<string>> {
      const rows = await rowsOf(repository, digests);
      return new Set(rows.filter((row) => isWaiting(row.next_at)).map((row) => row.digest));
    },

    async failed(repository: string, digests: readonly string[]): Promise<void> {
      if (digests.length === 0) return;
      const known = new Map((await rowsOf(repository, digests)).map((row) => [row.digest, row.tries]));
      const rows = [...new Set(digests)].map((digest) => {
        const tries = (known.get(digest) ?? 0) + 1;
        const waitMs = Math.min(FIRST_WAIT_MS * 4 ** Math.min(tries - 1, 10), MAX_WAIT_MS);
        return { repository, digest, tries, next_at: now() + waitMs };
      });
      await storeRetries(db, rows);
    },

    /** The digest was found: indexes that list it are checked again at once. For use in a transaction. */
    async found(trx: Database, repository: string, digest: string): Promise<void> {
      await trx
        .deleteFrom('manifest_retries')
        .where('repository', '=', repository)
        .where((where) =>
          where.or([
            where('digest', '=', digest),
            where(
              'digest',
              'in',
              where.selectFrom('manifest_children').select('parent_digest').where('child_digest', '=', digest),
            ),
          ]),
        )
        .execute();
    },
  };
}
export type ManifestRetries = ReturnType<typeof createManifestRetries>;

const storeRetries = createInsertion({
  into: 'manifest_retries',
  columns: ['repository', 'digest', 'tries', 'next_at'],
  conflict: { on: ['repository', 'digest'], set: ['tries', 'next_at'] },
});
