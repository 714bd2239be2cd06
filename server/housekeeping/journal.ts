import type { Selectable } from 'kysely';
import type { Database } from '../storage/database.ts';
import type { DeletionPhase, DeletionsTable } from '../storage/schema.ts';

export interface Operation {
  readonly id: number;
  readonly repository: string;
  readonly tag: string;
  /** The digest that the person confirmed. */
  readonly digest: string;
  readonly throwawayDigest: string | undefined;
  readonly phase: DeletionPhase;
  readonly actor: string;
  readonly startedAt: number;
}

const OPEN: readonly DeletionPhase[] = ['planned', 'pushed', 'repointed'];

/** Table `deletions`: the journal of running deletions, so that they can be finished after a crash. */
export function createJournal(db: Database, now: () => number) {
  const update = async (id: number, change: Partial<Selectable<DeletionsTable>>): Promise<void> => {
    await db.updateTable('deletions').set(change).where('id', '=', id).execute();
  };
  return {
    async begin(entry: { repository: string; tag: string; digest: string; actor: string }): Promise<Operation> {
      const startedAt = now();
      const { id } = await db
        .insertInto('deletions')
        .values({ ...entry, phase: 'planned', started_at: startedAt })
        .returning('id')
        .executeTakeFirstOrThrow();
      return { ...entry, id, startedAt, phase: 'planned', throwawayDigest: undefined };
    },
    /** To be called before the throw-away manifest is pushed, so that it is always known here. */
    setThrowaway: (id: number, digest: string) => update(id, { throwaway_digest: digest }),
    advance: (id: number, phase: 'pushed' | 'repointed') => update(id, { phase }),
    finish: (id: number) => update(id, { phase: 'done', finished_at: now(), error: null }),
    fail: (id: number, error: string) => update(id, { phase: 'failed', finished_at: now(), error }),
    async open(): Promise<readonly Operation[]> {
      const rows = await db.selectFrom('deletions').selectAll().where('phase', 'in', OPEN).orderBy('id').execute();
      return rows.map(toOperation);
    },
    async since(startedAt: number): Promise<readonly Operation[]> {
      const rows = await db
        .selectFrom('deletions')
        .selectAll()
        .where('started_at', '>=', startedAt)
        .orderBy('id')
        .execute();
      return rows.map(toOperation);
    },
  };
}
export type Journal = ReturnType<typeof createJournal>;

function toOperation(row: Selectable<DeletionsTable>): Operation {
  return {
    id: row.id,
    repository: row.repository,
    tag: row.tag,
    digest: row.digest,
    throwawayDigest: row.throwaway_digest ?? undefined,
    phase: row.phase,
    actor: row.actor,
    startedAt: row.started_at,
  };
}
