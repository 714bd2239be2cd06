/**
 * Envelopes that are durable before the answer, against bare commits of the same row by the same driver with
 * `synchronous=FULL` on the same disk, both in this run. Goal: a ratio of 0.5 at 4 and 16 senders, p99 below 100 ms.
 */
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { startIntake } from '../support/app/intake.ts';
import { temporaryFolder } from '../support/process/tmp.ts';
import { sendEvents } from '../support/registry/event-sender.ts';
import { anEnvelope, anEvent } from '../support/registry/events.ts';

const RUN_MS = 4000;
const BARE_MS = 2000;
const SENDERS = [1, 4, 16] as const;
const GOAL = 0.5;
const GOAL_P99_MS = 100;

const folder = await temporaryFolder('bench');
try {
  let isMet = true;
  for (const senders of SENDERS) {
    // Before and after, as a disk shared with others changes its pace.
    const before = bareCommits(folder.path);
    const { rate, p99 } = await envelopes(join(folder.path, `data-${senders}`), senders);
    const bare = (before + bareCommits(folder.path)) / 2;
    const ratio = rate / bare;
    if (senders > 1 && (ratio < GOAL || p99 >= GOAL_P99_MS)) isMet = false;
    const figures = `${rate.toFixed(0)}/s, p99 ${p99.toFixed(1)} ms, bare commits ${bare.toFixed(0)}/s`;
    console.log(`events, ${senders} senders: ${figures}, ratio ${ratio.toFixed(2)}`);
  }
  console.log(
    isMet ? 'events: goal met' : `events: goal missed (ratio ${GOAL} at 4 and 16 senders, p99 ${GOAL_P99_MS} ms)`,
  );
  process.exitCode = isMet ? 0 : 1;
} finally {
  await folder.remove();
}

/** One row per commit, nothing else: the most a single sender could ever get. */
function bareCommits(path: string): number {
  const database = new SqliteDatabase(join(path, 'bare.db'));
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec('create table if not exists rows (id integer primary key autoincrement, body blob not null)');
  const insert = database.prepare('insert into rows (body) values (?)');
  const body = Buffer.from(anEnvelope(anEvent({ tag: 'v1' })));
  let count = 0;
  const started = performance.now();
  for (; performance.now() - started < BARE_MS; count += 1) insert.run(body);
  const rate = (count * 1000) / (performance.now() - started);
  database.close();
  return rate;
}

async function envelopes(dataPath: string, senders: number): Promise<{ rate: number; p99: number }> {
  const { running, port } = await startIntake(dataPath);
  try {
    await sendFor(port, senders, 500);
    const started = performance.now();
    const { milliseconds } = await sendFor(port, senders, RUN_MS);
    const rate = (milliseconds.length * 1000) / (performance.now() - started);
    const sorted = milliseconds.sort((a, b) => a - b);
    return { rate, p99: sorted[Math.floor(sorted.length * 0.99)] ?? Number.POSITIVE_INFINITY };
  } finally {
    await running.stop('SIGKILL');
  }
}

function sendFor(port: number, senders: number, forMs: number) {
  const end = performance.now() + forMs;
  return sendEvents(port, senders, () => performance.now() > end);
}
