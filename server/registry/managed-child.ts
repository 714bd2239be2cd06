import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Logger } from '../log.ts';

type Environment = Readonly<Record<string, string | undefined>>;

// Distribution takes every REGISTRY_* for its own configuration and dies of ours; the others hold our secrets.
const OURS = /^(REGISTRY|SERVER|DATA|DATABASE|NOTIFICATIONS|LOG|ADMIN|OTEL|NODE|npm)_/;
const PASSED_ON = /^MANAGED_(REGISTRY_\w+)$/;

/** Without our settings; `MANAGED_REGISTRY_X` becomes `REGISTRY_X`. */
export function childEnvironment(env: Environment): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value = ''] of Object.entries(env)) {
    const renamed = PASSED_ON.exec(name)?.[1];
    if (renamed !== undefined) result[renamed] = value;
    else if (!OURS.test(name)) result[name] = value;
  }
  // Version 3 would send traces to a collector on localhost and log each failure.
  return { ...result, OTEL_TRACES_EXPORTER: 'none' };
}

export interface ChildOptions {
  readonly binary: string;
  readonly configFile: string;
  readonly env: Environment;
  /** Texts that never reach our log. */
  readonly secrets: readonly string[];
  readonly log: Logger;
}

/** Where the system can, the registry ends with us even after SIGKILL. */
export function spawnRegistry({ binary, configFile, env, secrets, log }: ChildOptions): ChildProcess {
  const command = [binary, 'serve', configFile];
  const [program = binary, ...args] = canTieToParent() ? ['setpriv', '--pdeathsig', 'KILL', ...command] : command;
  const child = spawn(program, args, { env: childEnvironment(env), stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => logLine(line, secrets, log));
  }
  child.on('error', (error) => log.error({ error, binary }, 'the registry cannot be run'));
  return child;
}

let tie: boolean | undefined;

export function canTieToParent(): boolean {
  tie ??= spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true'], { stdio: 'ignore', timeout: 2000 }).status === 0;
  return tie;
}

export interface RegistryLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
}

const LEVELS: Readonly<Record<string, RegistryLine['level']>> = {
  warning: 'warn',
  warn: 'warn',
  error: 'error',
  fatal: 'error',
  panic: 'error',
};

/** One of its lines, JSON or not, without what must not be logged. Its everyday lines are debug lines of ours. */
export function parseRegistryLine(line: string, secrets: readonly string[]): RegistryLine {
  const text = secrets.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), line);
  const { level = '', msg, error } = parseFields(text);
  const said = typeof msg === 'string' ? msg : text;
  const message = typeof error === 'string' ? `${said}: ${error}` : said;
  // Every login and every first request comes without a token and is told where to get one.
  if (said.startsWith('error authorizing context')) return { level: 'debug', message };
  return { level: LEVELS[String(level)] ?? (msg === undefined ? 'info' : 'debug'), message };
}

function parseFields(text: string): { level?: unknown; msg?: unknown; error?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function logLine(line: string, secrets: readonly string[], log: Logger): void {
  if (line.trim() === '') return;
  const { level, message } = parseRegistryLine(line, secrets);
  log[level]({ registry: message }, 'registry says');
}
