import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { supportsParentDeathSignal } from '../../../server/registry/managed/managed-child.ts';
import { eventually } from './eventually.ts';

export interface RunningProcess {
  readonly child: ChildProcess;
  /** Everything it wrote to stdout and stderr so far. */
  output(): string;
  /** SIGTERM, then SIGKILL after a while; resolves when it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export interface ProcessOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Who it runs as; default: who we are. */
  readonly account?: Account | undefined;
}

/** A child that keeps what it writes, and that dies with the test process, where the system can even after SIGKILL. */
export function startProcess(
  command: string,
  args: readonly string[],
  { account, ...options }: ProcessOptions = {},
): RunningProcess {
  // A change of user undoes the tie, so that setpriv makes both, in the order that lasts.
  const [program, words] = tied('KILL', command, args, account);
  const user = supportsParentDeathSignal() ? {} : account;
  const child = spawn(program, words, { ...options, ...user, stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  const killWithUs = () => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  child.once('exit', () => process.removeListener('exit', killWithUs));
  child.once('error', (error) => chunks.push(Buffer.from(`${command}: ${error.message}\n`)));
  return { child, output: () => Buffer.concat(chunks).toString('utf8'), stop: (signal) => stopChild(child, signal) };
}

/** @returns what to run, so that it gets the signal when we end, where the system can do that. */
export function tied(
  signal: 'KILL' | 'TERM',
  command: string,
  args: readonly string[],
  account?: Account,
): readonly [program: string, args: readonly string[]] {
  if (!supportsParentDeathSignal()) return [command, args];
  const user = account === undefined ? [] : [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups'];
  return ['setpriv', ['--pdeathsig', signal, ...user, command, ...args]];
}

async function stopChild(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await gone;
  clearTimeout(timer);
}

/** Waits until `isReady` answers true. @throws with what the process wrote, when it ends or takes too long. */
export async function waitUntil(
  running: RunningProcess,
  isReady: () => Promise<boolean>,
  timeoutMs = 90_000,
): Promise<void> {
  const { child } = running;
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  const fail = (cause: unknown) => {
    throw new Error(`Not ready (exit ${child.exitCode ?? child.signalCode}):\n${running.output()}`, { cause });
  };
  await eventually('the process is ready', async () => hasEnded() || isReady(), { timeoutMs }).catch(fail);
  if (hasEnded()) fail(undefined);
}
