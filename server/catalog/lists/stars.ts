import type { Database } from '../../storage/database.ts';
import { isVisible, type Visibility } from '../visibility/visibility.ts';
import { type RepositoryRow, toRows } from './repository-row.ts';

export interface StarsDeps {
  readonly db: Database;
  readonly now?: () => number;
}

/**
 * Table `stars`: repositories that users starred. By name, so that a star survives when a repository is deleted and
 * pushed again.
 */
export function createStars({ db, now = Date.now }: StarsDeps) {
  return {
    /** Newest first; only repositories that the user may pull now. */
    async of(userId: number, visibility: Visibility, limit: number): Promise<readonly RepositoryRow[]> {
      const rows = await db
        .selectFrom('stars')
        .innerJoin('repositories', 'repositories.name', 'stars.repository')
        .selectAll('repositories')
        .where('stars.user_id', '=', userId)
        .where(isVisible(visibility))
        .orderBy('stars.starred_at', 'desc')
        .orderBy('repositories.name')
        .limit(limit)
        .execute();
      return toRows(db, visibility, rows);
    },

    async isStarred(userId: number, repository: string): Promise<boolean> {
      const row = await db
        .selectFrom('stars')
        .select('user_id')
        .where('user_id', '=', userId)
        .where('repository', '=', repository)
        .executeTakeFirst();
      return row !== undefined;
    },

    /** Idempotent. The caller has checked that the user may see the repository. */
    async star(userId: number, repository: string): Promise<void> {
      await db
        .insertInto('stars')
        .values({ user_id: userId, repository, starred_at: now() })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },

    async unstar(userId: number, repository: string): Promise<void> {
      await db.deleteFrom('stars').where('user_id', '=', userId).where('repository', '=', repository).execute();
    },

    async countOf(userId: number): Promise<number> {
      const row = await db
        .selectFrom('stars')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('user_id', '=', userId)
        .executeTakeFirst();
      return Number(row?.count ?? 0);
    },

    /** Number of users who starred it. */
    async count(repository: string): Promise<number> {
      const row = await db
        .selectFrom('stars')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('repository', '=', repository)
        .executeTakeFirst();
      return Number(row?.count ?? 0);
    },
  };
}
export type Stars = ReturnType<typeof createStars>;
