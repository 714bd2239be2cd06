import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fetch from 'node-fetch';
import { type Clock, monotonic } from '../../clock.ts';
import { errorText, StartError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { RegistryBinary } from './find-registry.ts';
import { spawnRegistry } from './managed-child.ts';
import { type ManagedFacts, managedConfiguration } from './managed-config.ts';
import { removePidFile, terminateOrphan, writePidFile } from './orphan.ts';

export interface ManagedRegistryOptions {
  readonly binary: RegistryBinary;
  /** conf/registry.yml; without that file the built-in settings apply. */
  readonly templateFile: string;
  readonly host: string;
  readonly port: number;
  readonly facts: Omit<ManagedFacts, 'listen'>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  readonly clock?: Clock;
}

export interface ManagedStatus {
  readonly state: 'stopped' | 'starting' | 'running' | 'waiting';
  readonly pid: number | undefined;
  readonly version: string;
  /** How often it ended unexpectedly and was started again. */
  readonly restarts: number;
}

const READY_MS = 20_000;
const STOP_MS = 5000;
const MAX_WAIT_MS = 30_000;
const STABLE_MS = 60_000;

/** Runs a registry as a child process and restarts it when it ends, with growing pauses. */
export function createManagedRegistry(options: ManagedRegistryOptions) {
  const { binary, facts, host, port, log, clock = monotonic } = options;
  const listen = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const url = `http://${/^(0\.0\.0\.0|::|)$/.test(host) ? '127.0.0.1' : listen.replace(/:\d+$/, '')}:${port}`;
  const configFile = join(facts.dataPath, 'registry.yml');
  const pidFile = join(facts.dataPath, 'registry.pid');
  let child: ChildProcess | undefined;
  let state: ManagedStatus['state'] = 'stopped';
  let restarts = 0;
  let failuresInRow = 0;
  let wake = new AbortController();

  function launch(): ChildProcess {
    const started = spawnRegistry({
      binary: binary.path,
      configFile,
      env: options.env,
      secrets: [facts.notifications.secret],
      log,
    });
    if (started.pid !== undefined) savePid(started.pid);
    child = started;
    return started;
  }

  /** The file is only needed to end the registry after a crash of ours, so a failure to write it is only logged. */
  function savePid(pid: number): void {
    try {
      writePidFile(pidFile, pid);
    } catch (error) {
      log.warn({ error: errorText(error), pidFile }, 'the process ID of the registry could not be stored');
    }
  }

  async function supervise(running: ChildProcess): Promise<void> {
    for (let current = running; ; current = launch()) {
      const since = clock();
      if (current.exitCode === null && current.signalCode === null) await ended(current);
      if (state === 'stopped') return;
      failuresInRow = clock() - since > STABLE_MS ? 0 : failuresInRow + 1;
      const waitMs = Math.min(MAX_WAIT_MS, 500 * 2 ** failuresInRow);
      log.error(
        { code: current.exitCode, signal: current.signalCode, waitMs },
        'the registry ended, starting it again',
      );
      state = 'waiting';
      await sleep(waitMs, undefined, { signal: wake.signal }).catch(() => undefined);
      if (wake.signal.aborted) return;
      restarts += 1;
      state = 'running';
    }
  }

  return {
    /** URL on this machine, without `/v2`. */
    url,
    /**
     * Writes its configuration, starts it, and resolves when it answers.
     * @throws {StartError} when the port is taken, its configuration is wrong, or it does not answer within 20 s.
     */
    async start(): Promise<void> {
      mkdirSync(facts.dataPath, { recursive: true });
      if (await terminateOrphan(pidFile)) log.warn({}, 'ended a registry that an earlier run left behind');
      await checkPort(host, port);
      writeConfiguration(options, listen, configFile);
      wake = new AbortController();
      state = 'starting';
      const started = launch();
      await untilReady(started, url, { clock, pid: () => child?.pid });
      state = 'running';
      log.info({ url, version: binary.version, pid: started.pid }, 'registry started');
      void supervise(started);
    },

    async stop(): Promise<void> {
      state = 'stopped';
      wake.abort();
      if (child !== undefined) await terminate(child);
      child = undefined;
      removePidFile(pidFile);
    },

    status(): ManagedStatus {
      return { state, pid: child?.pid, version: binary.version, restarts };
    },
  };
}

export type ManagedRegistry = ReturnType<typeof createManagedRegistry>;

function writeConfiguration({ templateFile, facts }: ManagedRegistryOptions, listen: string, file: string): void {
  // Readable for us alone: it contains the secret of the notifications.
  const content = managedConfiguration(readTemplate(templateFile), templateFile, { ...facts, listen });
  writeFileSync(file, content, { mode: 0o600 });
}

/** '' when the file is missing or cannot be read: the built-in settings apply. */
export function readTemplate(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

async function checkPort(host: string, port: number): Promise<void> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StartError([
      code === 'EADDRINUSE'
        ? `registry.port: port ${port} on ${host} is taken by another program. End it, set registry.port to a free one, or set registry.url if that is your registry`
        : `registry.port: we cannot listen on ${host}:${port} (${code ?? 'unknown'})`,
    ]);
  } finally {
    server.close();
  }
}

interface Started {
  readonly clock: Clock;
  readonly pid: () => number | undefined;
}

async function untilReady(child: ChildProcess, url: string, { clock, pid }: Started): Promise<void> {
  const deadline = clock() + READY_MS;
  while (child.exitCode === null && child.signalCode === null && pid() !== undefined && clock() < deadline) {
    if (await answers(url)) return;
    await sleep(30);
  }
  const ending = child.exitCode ?? child.signalCode;
  await terminate(child);
  throw new StartError([
    ending === null
      ? `The registry does not answer at ${url}: its lines in the log above say why`
      : `The registry ended at once (${ending}): its lines in the log above say why; check conf/registry.yml`,
  ]);
}

/** `/` needs no token in any version of the registry. */
async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/`, { signal: AbortSignal.timeout(2000) as never });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}

function ended(child: ChildProcess): Promise<unknown> {
  return Promise.race([once(child, 'exit'), once(child, 'error')]).catch(() => undefined);
}

async function terminate(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await gone;
  clearTimeout(timer);
}
