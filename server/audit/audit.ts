/** What people did here: who changed what, from where, with which outcome. Entries are only ever added. */
import type { Bus } from '../bus/bus.ts';
import type { Database } from '../storage/database.ts';
import type { AuditAction, AuditFact } from './actions.ts';

type AuditValue = string | number | boolean | readonly string[] | null;
export type AuditDetail = Readonly<Partial<Record<AuditFact, AuditValue>>>;

export interface AuditRecord {
  /** User name; '' for somebody not signed in. */
  readonly actor: string;
  readonly address: string;
  readonly action: AuditAction;
  readonly object: string;
  readonly outcome: 'ok' | 'refused' | 'failed';
  readonly detail?: AuditDetail;
}

/** As stored: an entry of another version may hold actions and details that this version does not know. */
export interface AuditEntry extends Omit<Required<AuditRecord>, 'action' | 'detail'> {
  readonly action: string;
  readonly detail: Readonly<Record<string, AuditValue>>;
  readonly id: number;
  readonly at: number;
}

export interface AuditQuery {
  readonly actor?: string | undefined;
  /** A whole action, or a family with its dot: `user.`. */
  readonly action?: string | undefined;
  readonly object?: string | undefined;
  readonly outcome?: AuditRecord['outcome'] | undefined;
  /** Epoch milliseconds; `from` included, `until` not. */
  readonly from?: number | undefined;
  readonly until?: number | undefined;
  /** `next` of the page before. */
  readonly after?: number | undefined;
  readonly limit: number;
}

export interface AuditPage {
  readonly entries: readonly AuditEntry[];
  readonly next: number | undefined;
}

/**
 * Table `audit`. `record` writes one row and publishes `audited`.
 * @param bus Left out in commands, where nobody subscribes.
 */
export function createAudit(db: Database, now: () => number = Date.now, bus?: Pick<Bus, 'publish'>) {
  return {
    async record({ detail = {}, ...entry }: AuditRecord): Promise<void> {
      await db
        .insertInto('audit')
        .values({ ...entry, at: now(), detail: JSON.stringify(detail) })
        .execute();
      bus?.publish({ kind: 'audited', action: entry.action });
    },
    /** Newest first. */
    list: (query: AuditQuery): Promise<AuditPage> => listEntries(db, query),
  };
}
export type Audit = ReturnType<typeof createAudit>;

async function listEntries(db: Database, query: AuditQuery): Promise<AuditPage> {
  const rows = await filtered(db, query)
    .selectAll()
    .orderBy('id', 'desc')
    .limit(query.limit + 1)
    .execute();
  const entries = rows.slice(0, query.limit).map((row) => ({
    ...row,
    outcome: row.outcome as AuditRecord['outcome'],
    detail: JSON.parse(row.detail) as AuditEntry['detail'],
  }));
  return { entries, next: rows.length > query.limit ? entries.at(-1)?.id : undefined };
}

function filtered(db: Database, { actor, action, object, outcome, from, until, after }: AuditQuery) {
  let rows = db.selectFrom('audit');
  if (actor !== undefined) rows = rows.where('actor', '=', actor);
  if (action?.endsWith('.') === true) rows = rows.where('action', '>=', action).where('action', '<', `${action}\uffff`);
  else if (action !== undefined) rows = rows.where('action', '=', action);
  if (object !== undefined) rows = rows.where('object', '=', object);
  if (outcome !== undefined) rows = rows.where('outcome', '=', outcome);
  if (from !== undefined) rows = rows.where('at', '>=', from);
  if (until !== undefined) rows = rows.where('at', '<', until);
  // The key, not a number of rows: entries that arrive meanwhile do not shift the pages.
  return after === undefined ? rows : rows.where('id', '<', after);
}
