/**
 * GET /api/auth with a password verified once, ES256, against a bare node:http server that signs the same token with
 * jose: at least 0.8 of its rate for scopes asked for again, half of it for other scopes each time. And cold: 20 people
 * who log in at once must not stop the event loop for 50 ms.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { basic, basicOf, SERVICE } from '../support/app/token-stack.ts';
import { median, note, show } from './lines.ts';
import { type LoadResult, load } from './load.ts';

const IS_SMALL = process.argv.includes('--small');
const ROUNDS = IS_SMALL ? 2 : 5;
const ROUND_MS = IS_SMALL ? 500 : 2000;
const CONNECTIONS = 32;
const COLD_USERS = 20;
const MAX_STALL_MS = 50;
const PATH = `/api/auth?service=${SERVICE}&account=alice&scope=repository:team/app`;
let asked = 0;
const ROWS = [
  { name: 'same scopes again', path: `${PATH}:pull,push`, minRatio: 0.8 },
  { name: 'other scopes each time', path: () => `${PATH}${++asked}:pull,push`, minRatio: 0.5 },
];
type Path = (typeof ROWS)[number]['path'];

interface Server {
  readonly child: ChildProcess;
  readonly port: number;
}

function answerOf<Answer>(child: ChildProcess): Promise<Answer> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as Answer));
    child.once('exit', (code) => reject(new Error(`The server of the benchmark ended with ${code}`)));
  });
}

async function start(kind: 'bare' | 'ours'): Promise<Server> {
  // The log is written as in production, only that nobody reads it.
  const log = openSync('/dev/null', 'w');
  const file = fileURLToPath(new URL('token-server.ts', import.meta.url));
  const child = fork(file, [kind], { execArgv: ['--import', 'tsx'], stdio: ['ignore', log, 'inherit', 'ipc'] });
  const { port } = await answerOf<{ port: number }>(child);
  return { child, port };
}

async function coldStallMs({ child, port }: Server): Promise<number> {
  const watching = answerOf<string>(child);
  child.send('watch');
  await watching;
  const statuses = await Promise.all(Array.from({ length: COLD_USERS }, (_, index) => login(port, index)));
  if (statuses.some((status) => status !== 200)) throw new Error(`A cold login failed: ${statuses.join(' ')}`);
  const stall = answerOf<{ stallMs: number }>(child);
  child.send('stall');
  return (await stall).stallMs;
}

async function login(port: number, index: number): Promise<number> {
  const headers = basicOf(`user${index}`, 'the-same-for-all');
  const response = await fetch(`http://127.0.0.1:${port}/api/auth`, { headers });
  await response.arrayBuffer();
  return response.status;
}

const measure = ({ port }: Server, path: Path, durationMs = ROUND_MS) =>
  load({ port, path, headers: basic('alice'), connections: CONNECTIONS, durationMs });
const describe = ({ perSecond, p50Ms, p99Ms }: LoadResult) =>
  `${perSecond.toFixed(0)}/s, p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms`;

/** Of the server alone: says where the time goes when the machine is busy with something else. */
async function cpuMicroseconds({ child }: Server): Promise<number> {
  const usage = answerOf<NodeJS.CpuUsage>(child);
  child.send('cpu');
  const { user, system } = await usage;
  return user + system;
}

async function runRound(name: string, server: Server, path: Path): Promise<LoadResult> {
  const before = await cpuMicroseconds(server);
  const result = await measure(server, path);
  const perRequest = ((await cpuMicroseconds(server)) - before) / (result.perSecond * (ROUND_MS / 1000));
  note(`${name}: ${describe(result)}, CPU ${perRequest.toFixed(0)} µs`);
  if (result.failures > 0) throw new Error(`${name}: ${result.failures} answers were no 200`);
  return result;
}

const ours = await start('ours');
const stallMs = await coldStallMs(ours);
const bare = await start('bare');
for (const server of [bare, ours]) {
  server.child.setMaxListeners(0);
  for (const { path } of ROWS) await measure(server, path);
}
const rounds: { reference: LoadResult; results: LoadResult[] }[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  const reference = await runRound('bare, signs with jose', bare, PATH);
  const results: LoadResult[] = [];
  for (const { name, path } of ROWS) results.push(await runRound(name, ours, path));
  rounds.push({ reference, results });
}
for (const { child } of [bare, ours]) child.send('stop');
for (const [index, { name, minRatio }] of ROWS.entries()) {
  const of = (read: (ours: LoadResult, bare: LoadResult) => number) =>
    median(rounds.map(({ reference, results }) => read(results[index] ?? reference, reference)));
  const ratio = of((own, reference) => own.perSecond / reference.perSecond);
  const p99 = of((own) => own.p99Ms).toFixed(2);
  show({
    what: `token, same user, ${name}, ${CONNECTIONS} connections, against a bare server that signs with jose`,
    measured: `ratio ${ratio.toFixed(2)}, p99 ${p99} ms`,
    goal: `at least ${minRatio}`,
    isMet: ratio >= minRatio,
  });
}
show({
  what: `${COLD_USERS} cold logins at once`,
  measured: `event loop stalled ${stallMs.toFixed(1)} ms`,
  goal: `at most ${MAX_STALL_MS} ms`,
  isMet: stallMs <= MAX_STALL_MS,
});
