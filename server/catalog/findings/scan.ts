import { sql } from 'kysely';
import { DAY_MS, startOfDay } from '../../storage/calendar.ts';
import type { Database } from '../../storage/database.ts';
import type { Yield } from '../base/yield.ts';
import { dayOf } from '../space/samples.ts';
import { EVERYTHING } from '../visibility/visibility.ts';

/** Findings of one repository; repositories without any are left out. */
export interface Finding {
  readonly staleCount: number;
  readonly staleBytes: number;
  /** Last pull of the stale images; 0: never. */
  readonly stalePulledAt: number;
  /** Growth of its unique bytes; 0 when it shrank. For viewers who see every repository. */
  readonly grownBytes: number;
  /** Growth of all its bytes, for other viewers: unique bytes would reveal hidden repositories. */
  readonly grownOwnBytes: number;
}

export interface Scan {
  readonly findings: ReadonlyMap<number, Finding>;
  /** Images that were not pulled since then are stale. */
  readonly staleSince: number;
  /** Time of the first event or first known repository: earlier pulls were not counted. */
  readonly watchedSince: number;
  /** Day of the sample that growth is measured from; null: there is none. */
  readonly grownSince: number | null;
}

const STALE_DAYS = 90;
const GROWTH_DAYS = 30;
const REPOSITORIES_AT_ONCE = 500;
const IMAGES_AT_ONCE = 4000;

/** Scans all repositories in batches. */
export async function scanRepositories(db: Database, at: number, yieldTurn: Yield): Promise<Scan> {
  const scan = { staleSince: at - STALE_DAYS * DAY_MS, grownSince: await growthBase(db, at) };
  const findings = new Map<number, Finding>();
  let watchedSince = await firstActivity(db, at);
  let after = 0;
  for (;;) {
    const rows = await readRepositories(db, after, scan.grownSince);
    watchedSince = Math.min(watchedSince, ...rows.map((row) => row.first_seen_at));
    for (const part of parts(rows)) {
      const stale = await readStale(db, part, scan.staleSince);
      for (const row of part) note(findings, row, stale.get(row.id), scan.grownSince);
      await yieldTurn();
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < REPOSITORIES_AT_ONCE) return { ...scan, watchedSince, findings };
    after = last.id;
  }
}

/** Events may be older than the first crawl. */
async function firstActivity(db: Database, at: number): Promise<number> {
  const first = await db.selectFrom('activity_days').select('day_at').orderBy('day_at').limit(1).executeTakeFirst();
  return first === undefined ? at : Math.min(at, startOfDay(first.day_at));
}

interface ScannedRepository {
  readonly id: number;
  readonly image_count: number;
  readonly unique_bytes: number;
  readonly size_bytes: number;
  readonly first_seen_at: number;
  /** Unique bytes at that time; null without a sample. */
  readonly unique_before: number | null;
  readonly size_before: number | null;
}

interface Stale {
  readonly count: number;
  readonly bytes: number;
  readonly pulledAt: number;
}

/** The sample of about a month ago, or the oldest one. */
async function growthBase(db: Database, at: number): Promise<number | null> {
  const roots = db
    .selectFrom('folder_samples')
    .select('day_at')
    .where('visibility_id', '=', EVERYTHING.id)
    .where('path', '=', '')
    .limit(1);
  const wanted = dayOf(at) - GROWTH_DAYS * DAY_MS;
  const month = await roots.where('day_at', '<=', wanted).orderBy('day_at', 'desc').executeTakeFirst();
  if (month !== undefined) return month.day_at;
  const oldest = await roots.where('day_at', '<', dayOf(at)).orderBy('day_at').executeTakeFirst();
  return oldest?.day_at ?? null;
}

/** Unchanged repositories did not grow, so their samples are not read. */
async function readRepositories(
  db: Database,
  after: number,
  since: number | null,
): Promise<readonly ScannedRepository[]> {
  const base = since ?? 0;
  const before = (column: 'unique_bytes' | 'size_bytes') => sql`case when changed_at >= ${base} then
        (select ${sql.ref(`samples.${column}`)} from repository_samples as samples
          where samples.repository_id = repositories.id and samples.day_at <= ${base}
          order by samples.day_at desc limit 1)
      else ${sql.ref(column)} end`;
  const { rows } = await sql<ScannedRepository>`
    select id, image_count, first_seen_at, unique_bytes, size_bytes,
      ${before('unique_bytes')} as unique_before, ${before('size_bytes')} as size_before
    from repositories where id > ${after} order by id limit ${REPOSITORIES_AT_ONCE}`.execute(db);
  return rows;
}

/** Batches of repositories with a limited number of images. */
function* parts(rows: readonly ScannedRepository[]): Generator<readonly ScannedRepository[]> {
  let part: ScannedRepository[] = [];
  let images = 0;
  for (const row of rows) {
    if (part.length > 0 && images + row.image_count > IMAGES_AT_ONCE) {
      yield part;
      [part, images] = [[], 0];
    }
    part.push(row);
    images += row.image_count;
  }
  if (part.length > 0) yield part;
}

/** Tagged images that nobody pulled for long; younger ones are ignored. */
async function readStale(
  db: Database,
  repositories: readonly ScannedRepository[],
  since: number,
): Promise<ReadonlyMap<number, Stale>> {
  const rows = await db
    .selectFrom('held_manifests')
    .select(({ fn }) => [
      'repository_id',
      fn.countAll<number>().as('count'),
      fn.sum<number>('size_bytes').as('bytes'),
      fn.max<number>('last_pulled_at').as('pulled_at'),
    ])
    .where(
      'repository_id',
      'in',
      repositories.map((row) => row.id),
    )
    .where('state', '=', 'tagged')
    .where('last_pulled_at', '<', since)
    .where('aged_at', '<', since)
    .groupBy('repository_id')
    .execute();
  return new Map(
    rows.map((row) => [
      row.repository_id,
      { count: Number(row.count), bytes: Number(row.bytes), pulledAt: Number(row.pulled_at) },
    ]),
  );
}

function note(
  findings: Map<number, Finding>,
  row: ScannedRepository,
  stale: Stale | undefined,
  grownSince: number | null,
): void {
  const grown = (now: number, before: number | null) =>
    grownSince === null ? 0 : Math.max(0, now - (before ?? bytesUnsampled(row, grownSince, now)));
  const grownBytes = grown(row.unique_bytes, row.unique_before);
  const grownOwnBytes = grown(row.size_bytes, row.size_before);
  if (stale === undefined && grownBytes === 0 && grownOwnBytes === 0) return;
  const { count, bytes, pulledAt } = stale ?? { count: 0, bytes: 0, pulledAt: 0 };
  findings.set(row.id, {
    ...{ staleCount: count, staleBytes: bytes, stalePulledAt: pulledAt },
    ...{ grownBytes, grownOwnBytes },
  });
}

/** Without a sample it is either newer, or its growth is unknown. */
function bytesUnsampled({ first_seen_at }: ScannedRepository, since: number, now: number): number {
  return first_seen_at >= since ? 0 : now;
}
