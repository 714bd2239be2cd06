import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Logger } from '../../log.ts';

type Environment = Readonly<Record<string, string | undefined>>;

// Variables that are not passed on. Distribution would read every REGISTRY_* as its own configuration and stop; the
// others may contain our secrets.
const OWN_SETTINGS = /^(REGISTRY|SERVER|DATA|DATABASE|NOTIFICATIONS|LOG|ADMIN|OTEL|NODE|npm)_/;
const PASSED_ON = /^MANAGED_(REGISTRY_\w+)$/;

/** Environment of the registry process, without our settings. `MANAGED_REGISTRY_X` becomes `REGISTRY_X`. */
export function childEnvironment(env: Environment): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value = ''] of Object.entries(env)) {
    const renamed = PASSED_ON.exec(name)?.[1];
    if (renamed !== undefined) result[renamed] = value;
    else if (!OWN_SETTINGS.test(name)) result[name] = value;
  }
  // Version 3 would send traces to a collector on localhost and log each failure.
  return { ...result, OTEL_TRACES_EXPORTER: 'none' };
}

export interface ChildOptions {
  readonly binary: string;
  readonly configFile: string;
  readonly env: Environment;
  /** Texts that are redacted in the log. */
  readonly secrets: readonly string[];
  readonly log: Logger;
}

/**
 * Starts the registry and forwards its output to our log. Where `setpriv` exists, the kernel ends it together with us,
 * even after SIGKILL.
 */
export function spawnRegistry({ binary, configFile, env, secrets, log }: ChildOptions): ChildProcess {
  const command = [binary, 'serve', configFile];
  const [program = binary, ...args] = supportsParentDeathSignal()
    ? ['setpriv', '--pdeathsig', 'KILL', ...command]
    : command;
  const child = spawn(program, args, { env: childEnvironment(env), stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => logLine(line, secrets, log));
  }
  child.on('error', (error) => log.error({ error, binary }, 'the registry cannot be run'));
  return child;
}

let tie: boolean | undefined;

/** Whether `setpriv --pdeathsig` works here (Linux); tested once. */
export function supportsParentDeathSignal(): boolean {
  tie ??= spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true'], { stdio: 'ignore', timeout: 2000 }).status === 0;
  return tie;
}

export interface RegistryLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  /** Fields of the request that the line is about. */
  readonly fields: Readonly<Record<string, string | number>>;
}

const FIELDS = {
  'http.response.status': 'status',
  'http.request.method': 'method',
  'http.request.uri': 'path',
  'http.request.remoteaddr': 'address',
  'vars.name': 'repository',
  'err.code': 'code',
  'err.detail': 'detail',
} as const;
// Normal in daily operation: clients ask for missing content, and first without a token.
const EVERYDAY_STATUSES: readonly number[] = [401, 404];

const LEVELS: Readonly<Record<string, RegistryLine['level']>> = {
  warning: 'warn',
  warn: 'warn',
  error: 'error',
  fatal: 'error',
  panic: 'error',
};

/**
 * Parses a log line of the registry, JSON or text, with secrets redacted. Lines of normal operation get the level
 * debug.
 */
export function parseRegistryLine(line: string, secrets: readonly string[]): RegistryLine {
  const text = secrets.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), line);
  const { level = '', msg, error, ...rest } = parseFields(text);
  const fields = requestFields(rest);
  const said = typeof msg === 'string' ? msg : text;
  const message = typeof error === 'string' ? `${said}: ${error}` : said;
  // Logged for each first request without a token, which is normal.
  if (said.startsWith('error authorizing context')) return { level: 'debug', message, fields };
  const told = LEVELS[String(level)] ?? (msg === undefined ? 'info' : 'debug');
  return { level: levelOf(told, Number(fields['status'] ?? 0)), message, fields };
}

/** The registry logs every response that is not a success as an error; the status is more precise. */
function levelOf(told: RegistryLine['level'], status: number): RegistryLine['level'] {
  if (status < 400 || status >= 500 || told === 'debug') return told;
  return EVERYDAY_STATUSES.includes(status) ? 'debug' : 'info';
}

/** Paths without queries, which may contain the state of an upload. */
function requestFields(line: Readonly<Record<string, unknown>>): RegistryLine['fields'] {
  const found: Record<string, string | number> = {};
  for (const [theirs, ours] of Object.entries(FIELDS)) {
    const value = line[theirs];
    if (typeof value === 'number') found[ours] = value;
    else if (typeof value === 'string') found[ours] = value.split('?')[0] ?? '';
  }
  return found;
}

function parseFields(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

function logLine(line: string, secrets: readonly string[], log: Logger): void {
  if (line.trim() === '') return;
  const { level, message, fields } = parseRegistryLine(line, secrets);
  log[level]({ ...fields, registry: message }, 'registry says');
}
