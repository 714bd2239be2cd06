/** List pages of the product against a bare page of Express and EJS. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { load } from '../load.ts';
import type { Stage } from './stages.ts';
import { type Line, median, note } from './table.ts';
import { wrk } from './wrk.ts';

const MIN_RATIO = 0.15;
const MAX_RAW_KILOBYTES = 45;
const MAX_KILOBYTES = 12;
const ROUNDS = 3;
const SECONDS = 5;
const CONNECTIONS = 16;
const PATH = '/repositories?sort=name';
const PAGES = { repositories: PATH, folders: '/repositories?view=folders', home: '/' };

export async function throughputRows(stage: Stage): Promise<readonly Line[]> {
  const bare = await startBare();
  try {
    const other = { url: `http://127.0.0.1:${bare.port}/page`, headers: {} };
    const lines: Line[] = [];
    for (const [name, path] of Object.entries(PAGES)) {
      const own = { url: `http://127.0.0.1:${stage.server.app.port}${path}`, headers: { cookie: stage.admin } };
      lines.push(await throughputRow(name, own, other));
    }
    return lines;
  } finally {
    bare.child.kill();
  }
}

interface Asked {
  readonly url: string;
  readonly headers: Record<string, string>;
}

async function throughputRow(name: string, own: Asked, other: Asked): Promise<Line> {
  const bytes = Buffer.byteLength(await (await fetch(own.url, own)).text());
  const rounds: { ours: number; bare: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) rounds.push({ bare: await rate(other), ours: await rate(own) });
  const ratio = median(rounds.map((round) => round.ours / round.bare));
  const [ours, bare] = [median(rounds.map((round) => round.ours)), median(rounds.map((round) => round.bare))];
  return {
    what: `${name}, ${(bytes / 1000).toFixed(0)} kB, against a bare page of Express and EJS (50 rows of 4 cells)`,
    measured: `ratio ${ratio.toFixed(3)}: ${ours.toFixed(0)}/s against ${bare.toFixed(0)}/s`,
    goal: `at least ${MIN_RATIO}`,
    isMet: ratio >= MIN_RATIO,
  };
}

export async function sizeRow(stage: Stage): Promise<Line> {
  const url = `http://127.0.0.1:${stage.server.app.port}${PATH}`;
  const html = await (await fetch(url, { headers: { cookie: stage.admin } })).text();
  const raw = Buffer.byteLength(html) / 1000;
  const kilobytes = gzipSync(html).length / 1000;
  const offered = await fetch(url, { headers: { cookie: stage.admin, 'accept-encoding': 'gzip' } });
  note(`sent with ${offered.headers.get('content-encoding') ?? 'no encoding'}`);
  return {
    what: 'HTML of a list page, raw and compressed',
    measured: `${raw.toFixed(1)} and ${kilobytes.toFixed(1)} kB`,
    goal: `below ${MAX_RAW_KILOBYTES} and ${MAX_KILOBYTES} kB`,
    isMet: raw < MAX_RAW_KILOBYTES && kilobytes < MAX_KILOBYTES,
  };
}

async function rate(given: { url: string; headers: Record<string, string> }): Promise<number> {
  const measured = await wrk({ ...given, connections: CONNECTIONS, seconds: SECONDS });
  if (measured !== undefined) return measured;
  const { port, pathname, search } = new URL(given.url);
  const options = { port: Number(port), path: pathname + search, headers: given.headers };
  return (await load({ ...options, connections: CONNECTIONS, durationMs: SECONDS * 1000 })).perSecond;
}

async function startBare(): Promise<{ child: ChildProcess; port: number }> {
  const file = join(import.meta.dirname, 'bare-server.ts');
  const env = { ...process.env, NODE_ENV: 'production' };
  const child = fork(file, { execArgv: ['--import', 'tsx'], env });
  const [message] = (await Promise.race([once(child, 'message'), failed(child)])) as [{ port: number }];
  return { child, port: message.port };
}

async function failed(child: ChildProcess): Promise<never> {
  const [code] = await once(child, 'exit');
  throw new Error(`The bare server ended with ${code}`);
}
