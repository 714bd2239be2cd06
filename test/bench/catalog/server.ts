/** The product as it runs in production: its bundle in a process of its own, with a hook that tells what it does. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ADMIN_PASSWORD, type AppOptions, type RunningApp, startApp } from '../../support/app/app.ts';
import { createVisitor } from '../../support/app/web.ts';
import { freePort } from '../../support/process/ports.ts';
import { ask } from './ask.ts';

const HOOK = join(import.meta.dirname, 'server-hook.mjs');
const BUNDLE = 'dist/main.js';

export interface ServerReport {
  /** Milliseconds from the parsed request to the end of the answer. */
  readonly durations: readonly number[];
  /** Requests of all threads, without those that only ask whether the registry is there. */
  readonly outgoing: {
    readonly count: number;
    /** `GET /v2/…`, as they were sent; empty unless the server keeps them. */
    readonly paths: readonly string[];
    /** So many at once. */
    readonly most: number;
  };
  /** Of all threads. */
  readonly cpuMs: number;
  /** How late the main thread came to what was due; since `watchLoop`. */
  readonly loop: { readonly p99Ms: number; readonly maxMs: number };
}

export interface BenchServer {
  readonly app: RunningApp;
  /** A report tells what happened since then. */
  reset(): Promise<void>;
  /** From now on the report tells how late the main thread's loop was; before, that costs nothing. */
  watchLoop(): Promise<void>;
  report(): Promise<ServerReport>;
  /** Of all threads: now, and the most since the start or the last `resetPeak`. */
  residentMegabytes(): Promise<{ readonly now: number; readonly peak: number }>;
  resetPeak(): Promise<void>;
  /** Cookie header of somebody who signed in by the form. */
  signIn(username: string, password?: string): Promise<string>;
  stop(): Promise<void>;
}

export interface BenchServerOptions extends AppOptions {
  /** The report lists each request. */
  readonly keepsPaths?: boolean;
}

export async function startServer({ keepsPaths = false, ...options }: BenchServerOptions): Promise<BenchServer> {
  const controlPort = await freePort();
  const app = await startApp({
    ...options,
    command: [...nodeOptions(), BUNDLE],
    env: {
      NODE_ENV: 'production',
      // Unlike an option of the command it reaches every thread.
      NODE_OPTIONS: `--import ${HOOK}`,
      BENCH_CONTROL_PORT: String(controlPort),
      ...(keepsPaths && { BENCH_KEEP_PATHS: '1' }),
      ...options.env,
    },
  });
  const control = async (path: string) =>
    JSON.parse((await ask(`http://127.0.0.1:${controlPort}${path}`)).body.toString());
  return {
    app,
    reset: () => control('/reset') as Promise<void>,
    watchLoop: () => control('/watch') as Promise<void>,
    report: () => control('/report') as Promise<ServerReport>,
    residentMegabytes: () => residentMegabytes(app.pid),
    resetPeak: () => writeFile(`/proc/${app.pid}/clear_refs`, '5'),
    signIn: (username, password = ADMIN_PASSWORD) => signIn(app.url, username, password),
    stop: () => app.stop(),
  };
}

/** `BENCH_NODE_OPTIONS="--cpu-prof --cpu-prof-dir=…"` shows where the time goes. */
function nodeOptions(): readonly string[] {
  return (process.env['BENCH_NODE_OPTIONS'] ?? '').split(' ').filter((option) => option !== '');
}

async function residentMegabytes(pid: number): Promise<{ now: number; peak: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const of = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
  return { now: of('VmRSS'), peak: of('VmHWM') };
}

async function signIn(url: string, username: string, password: string): Promise<string> {
  const visitor = createVisitor(url);
  const answer = await visitor.signIn(username, password);
  if (answer.status !== 303) throw new Error(`${username} could not sign in: ${answer.status}`);
  return [...visitor.jar].map(([name, value]) => `${name}=${value}`).join('; ');
}
