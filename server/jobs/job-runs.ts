import type { Database } from '../storage/database.ts';
import type { JobRuns } from './scheduler.ts';

/** Table `job_runs`: the last run of each job. */
export function createJobRuns(db: Database): JobRuns {
  return {
    async all() {
      const rows = await db.selectFrom('job_runs').selectAll().execute();
      return rows.map((row) => ({
        name: row.name,
        lastStartedAt: row.started_at,
        lastDurationMs: row.duration_ms,
        lastError: row.error,
      }));
    },
    async save({ name, lastStartedAt, lastDurationMs, lastError }) {
      if (lastStartedAt === null) return;
      const run = { started_at: lastStartedAt, duration_ms: lastDurationMs, error: lastError };
      await db
        .insertInto('job_runs')
        .values({ name, ...run })
        .onConflict((conflict) => conflict.column('name').doUpdateSet(run))
        .execute();
    },
  };
}
