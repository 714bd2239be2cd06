import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Logger } from '../../log.ts';

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
  /** Of the request it is about, as far as it says. */
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
// Clients ask for what is not there all day, and first without a token.
const EVERYDAY_STATUSES: readonly number[] = [401, 404];

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
  const { level = '', msg, error, ...rest } = parseFields(text);
  const fields = requestFields(rest);
  const said = typeof msg === 'string' ? msg : text;
  const message = typeof error === 'string' ? `${said}: ${error}` : said;
  // Every login and every first request comes without a token and is told where to get one.
  if (said.startsWith('error authorizing context')) return { level: 'debug', message, fields };
  const told = LEVELS[String(level)] ?? (msg === undefined ? 'info' : 'debug');
  return { level: levelOf(told, Number(fields['status'] ?? 0)), message, fields };
}

/** It calls every answer that is no success an error; the status knows better. */
function levelOf(told: RegistryLine['level'], status: number): RegistryLine['level'] {
  if (status < 400 || status >= 500 || told === 'debug') return told;
  return EVERYDAY_STATUSES.includes(status) ? 'debug' : 'info';
}

/** Without queries: they may hold the state of an upload. */
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
