import pino from 'pino';

/** One JSON line per event: `log.info({ subject, scopes }, 'token issued')`. */
export type Logger = pino.Logger;
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

// A safety net: secrets must not be logged in the first place.
const SECRET_FIELDS: ReadonlySet<string> = new Set([
  'password',
  'secret',
  'token',
  'access_token',
  'refresh_token',
  'cookie',
  'authorization',
]);
const REDACTED = '[redacted]';
const MAX_TEXT_LENGTH = 1024;

/**
 * Redacts secrets, one level deep, and truncates long texts, which may come from strangers. A single pass of our own,
 * because pino's redaction paths cost more than the rest of a log line.
 */
function presentable(fields: Record<string, unknown>, depth = 0): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (SECRET_FIELDS.has(name.toLowerCase())) shown[name] = REDACTED;
    else if (typeof value === 'string' && value.length > MAX_TEXT_LENGTH)
      shown[name] = `${value.slice(0, MAX_TEXT_LENGTH)}…`;
    else shown[name] = depth === 0 && isPlain(value) ? presentable(value, 1) : value;
  }
  return shown;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/**
 * @param destination The server passes `log-output.ts`; without one, lines are written to standard output
 * synchronously.
 */
export function createLogger(level: LogLevel, destination?: pino.DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: (fields) => presentable(fields) },
      serializers: { error: pino.stdSerializers.err },
    },
    destination ?? pino.destination({ fd: 1, sync: true }),
  );
}
