/** The product as it runs in production: its bundle in a process of its own, with a hook that tells what it does. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ADMIN_PASSWORD, type AppOptions, type RunningApp, startApp } from '../../support/app/app.ts';
import { createVisitor } from '../../support/app/web.ts';
import { freePort } from '../../support/process/ports.ts';

const HOOK = join(import.meta.dirname, 'server-hook.mjs');
const BUNDLE = 'dist/main.js';

export interface ServerReport {
  /** Milliseconds from the parsed request to the end of the answer. */
  readonly durations: readonly number[];
  /** `GET /v2/…`, as they were sent. */
  readonly outgoing: readonly string[];
  readonly mostRunning: number;
  readonly cpuMs: number;
  readonly memory: NodeJS.MemoryUsage;
}

export interface BenchServer {
  readonly app: RunningApp;
  reset(): Promise<void>;
  report(): Promise<ServerReport>;
  residentMegabytes(): Promise<number>;
  /** Cookie header of somebody who signed in by the form. */
  signIn(username: string, password?: string): Promise<string>;
  stop(): Promise<void>;
}

export async function startServer(options: AppOptions): Promise<BenchServer> {
  const controlPort = await freePort();
  const app = await startApp({
    ...options,
    command: ['--import', HOOK, ...nodeOptions(), BUNDLE],
    env: { NODE_ENV: 'production', BENCH_CONTROL_PORT: String(controlPort), ...options.env },
  });
  const control = async (path: string) => (await fetch(`http://127.0.0.1:${controlPort}${path}`)).json();
  return {
    app,
    reset: () => control('/reset') as Promise<void>,
    report: () => control('/report') as Promise<ServerReport>,
    residentMegabytes: () => residentMegabytes(app.pid),
    signIn: (username, password = ADMIN_PASSWORD) => signIn(app.url, username, password),
    stop: () => app.stop(),
  };
}

/** `BENCH_NODE_OPTIONS="--cpu-prof --cpu-prof-dir=…"` shows where the time goes. */
function nodeOptions(): readonly string[] {
  return (process.env['BENCH_NODE_OPTIONS'] ?? '').split(' ').filter((option) => option !== '');
}

async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

async function signIn(url: string, username: string, password: string): Promise<string> {
  const visitor = createVisitor(url);
  const answer = await visitor.signIn(username, password);
  if (answer.status !== 303) throw new Error(`${username} could not sign in: ${answer.status}`);
  return [...visitor.jar].map(([name, value]) => `${name}=${value}`).join('; ');
}
