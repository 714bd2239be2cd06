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
import { note, show } from './lines.ts';

const IS_SMALL = process.argv.includes('--small');
const RUN_MS = IS_SMALL ? 1000 : 4000;
const BARE_MS = IS_SMALL ? 500 : 2000;
const SENDERS = [1, 4, 16] as const;
const MIN_RATIO = 0.5;
const MAX_P99_MS = 100;
const GOAL = `at least ${MIN_RATIO}, p99 below ${MAX_P99_MS} ms`;

const folder = await temporaryFolder('bench');
try {
  for (const senders of SENDERS) {
    // Before and after, as a disk shared with others changes its pace.
    const before = bareCommits(folder.path);
    const { rate, p99 } = await envelopes(join(folder.path, `data-${senders}`), senders);
    const bare = (before + bareCommits(folder.path)) / 2;
    const ratio = rate / bare;
    const measured = `ratio ${ratio.toFixed(2)}: ${rate.toFixed(0)}/s against ${bare.toFixed(0)}/s, p99 ${p99.toFixed(1)} ms`;
    const what = `envelopes of ${senders} senders, against bare commits of the same row`;
    // One alone waits for each of its commits, with nobody to share it.
    if (senders === 1) note(`${what}: ${measured}`);
    else show({ what, measured, goal: GOAL, isMet: ratio >= MIN_RATIO && p99 < MAX_P99_MS });
  }
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
