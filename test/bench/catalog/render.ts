/** The list page of the product against the same HTML from bare Express and EJS. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { load } from '../load.ts';
import type { Stage } from './stages.ts';
import { type Line, median, note } from './table.ts';
import { wrk } from './wrk.ts';

const MIN_RATIO = 0.4;
const MAX_KILOBYTES = 60;
const ROUNDS = 3;
const SECONDS = 5;
const CONNECTIONS = 16;
const PATH = '/repositories?sort=name';

export async function throughputRow(stage: Stage): Promise<Line> {
  const bare = await startBare(stage);
  try {
    const own = { url: `http://127.0.0.1:${stage.server.app.port}${PATH}`, headers: { cookie: stage.admin } };
    const other = { url: `http://127.0.0.1:${bare.port}/page`, headers: { cookie: stage.admin } };
    const bytes = Buffer.byteLength(await (await fetch(own.url, own)).text());
    const bareBytes = Buffer.byteLength(await (await fetch(other.url, other)).text());
    // What differs: the form token, and ages that pass.
    if (Math.abs(bytes - bareBytes) > 200) throw new Error(`Not the same page: ${bytes} and ${bareBytes} bytes`);
    const rounds: { ours: number; bare: number }[] = [];
    for (let round = 0; round < ROUNDS; round += 1) rounds.push({ bare: await rate(other), ours: await rate(own) });
    const ratio = median(rounds.map((round) => round.ours / round.bare));
    const rates = `${median(rounds.map((round) => round.ours)).toFixed(0)}/s against ${median(rounds.map((round) => round.bare)).toFixed(0)}/s`;
    return {
      what: `list page of ${(bytes / 1000).toFixed(0)} kB against bare Express and EJS`,
      measured: `ratio ${ratio.toFixed(2)}: ${rates}`,
      goal: `at least ${MIN_RATIO}`,
      isMet: ratio >= MIN_RATIO,
    };
  } finally {
    bare.child.kill();
  }
}

export async function sizeRow(stage: Stage): Promise<Line> {
  const url = `http://127.0.0.1:${stage.server.app.port}${PATH}`;
  const html = await (await fetch(url, { headers: { cookie: stage.admin } })).text();
  const kilobytes = gzipSync(html).length / 1000;
  const offered = await fetch(url, { headers: { cookie: stage.admin, 'accept-encoding': 'gzip' } });
  note(
    `sent with ${offered.headers.get('content-encoding') ?? 'no encoding'}, ${(html.length / 1000).toFixed(0)} kB plain`,
  );
  return {
    what: 'HTML of a list page, compressed',
    measured: `${kilobytes.toFixed(1)} kB`,
    goal: `below ${MAX_KILOBYTES} kB`,
    isMet: kilobytes < MAX_KILOBYTES,
  };
}

async function rate(given: { url: string; headers: Record<string, string> }): Promise<number> {
  const measured = await wrk({ ...given, connections: CONNECTIONS, seconds: SECONDS });
  if (measured !== undefined) return measured;
  const { port, pathname, search } = new URL(given.url);
  const options = { port: Number(port), path: pathname + search, headers: given.headers };
  return (await load({ ...options, connections: CONNECTIONS, durationMs: SECONDS * 1000 })).perSecond;
}

async function startBare({ server }: Stage): Promise<{ child: ChildProcess; port: number }> {
  const file = join(import.meta.dirname, 'bare-server.ts');
  const args = [join(server.app.confPath, 'config.yml'), PATH];
  const env = { ...process.env, NODE_ENV: 'production' };
  const child = fork(file, args, { execArgv: ['--import', 'tsx'], env });
  const [message] = (await Promise.race([once(child, 'message'), failed(child)])) as [{ port: number }];
  return { child, port: message.port };
}

async function failed(child: ChildProcess): Promise<never> {
  const [code] = await once(child, 'exit');
  throw new Error(`The bare server ended with ${code}`);
}
