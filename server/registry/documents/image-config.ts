import { AppError } from '../../errors.ts';
import { parseLimitedJson } from './json-limits.ts';
import { asObject, asText, textMap } from './manifest.ts';

export interface HistoryEntry {
  /** Epoch milliseconds. */
  readonly created: number | undefined;
  readonly createdBy: string;
  readonly comment: string;
  /** The step created no layer. */
  readonly empty: boolean;
}

export interface ImageConfig {
  /** Epoch milliseconds; reproducible builds say 1970. */
  readonly created: number | undefined;
  readonly architecture: string | undefined;
  readonly os: string | undefined;
  readonly variant: string | undefined;
  readonly osVersion: string | undefined;
  readonly osFeatures: readonly string[];
  readonly author: string | undefined;
  readonly history: readonly HistoryEntry[];
  readonly config: {
    readonly env: readonly string[];
    readonly labels: Readonly<Record<string, string>>;
    readonly entrypoint: readonly string[];
    readonly cmd: readonly string[];
    readonly user: string;
    readonly workingDir: string;
    readonly exposedPorts: readonly string[];
    readonly volumes: readonly string[];
    readonly stopSignal: string;
    readonly healthcheck: readonly string[];
    /** Zeros mean the engine's defaults. */
    readonly healthcheckTimes: HealthcheckTimes;
    /** Shell for the commands of the Dockerfile; empty: the default. */
    readonly shell: readonly string[];
    readonly onBuild: readonly string[];
  };
}

export interface HealthcheckTimes {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly startPeriodMs: number;
  readonly retries: number;
}

const MAX_ENTRIES = 10_000;
const LIMITS = { maxValues: 100_000, maxDepth: 100 };

function texts(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (!Array.isArray(value)) return [];
  return value.slice(0, MAX_ENTRIES).filter((item): item is string => typeof item === 'string');
}

function time(value: unknown): number | undefined {
  const milliseconds = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}

function historyEntry(value: unknown): HistoryEntry {
  const entry = asObject(value);
  return {
    created: time(entry?.created),
    createdBy: asText(entry?.created_by) ?? '',
    comment: asText(entry?.comment) ?? '',
    empty: entry?.empty_layer === true,
  };
}

/** Configurations hold nanoseconds. */
function healthcheckTimes(check: Readonly<Record<string, unknown>> | undefined): HealthcheckTimes {
  const count = (value: unknown) => (typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0);
  return {
    intervalMs: count(check?.Interval) / 1e6,
    timeoutMs: count(check?.Timeout) / 1e6,
    startPeriodMs: count(check?.StartPeriod) / 1e6,
    retries: count(check?.Retries),
  };
}

/**
 * Parses an image configuration. Lenient: a field of an unexpected type counts as absent, because images of all ages
 * and builders are stored. For artifacts such as charts all fields may be absent.
 * @throws {AppError} TOO_LARGE beyond the limits, INVALID when it is not a JSON object.
 * @see https://github.com/opencontainers/image-spec/blob/main/config.md
 */
export function parseImageConfig(raw: Buffer): ImageConfig {
  const body = parseObject(raw);
  const config = asObject(body.config);
  return {
    created: time(body.created),
    architecture: asText(body.architecture),
    os: asText(body.os),
    variant: asText(body.variant),
    osVersion: asText(body['os.version']),
    osFeatures: texts(body['os.features']),
    author: asText(body.author),
    history: Array.isArray(body.history) ? body.history.slice(0, MAX_ENTRIES).map(historyEntry) : [],
    config: {
      env: texts(config?.Env),
      labels: textMap(config?.Labels),
      entrypoint: texts(config?.Entrypoint),
      cmd: texts(config?.Cmd),
      user: asText(config?.User) ?? '',
      workingDir: asText(config?.WorkingDir) ?? '',
      exposedPorts: Object.keys(asObject(config?.ExposedPorts) ?? {}),
      volumes: Object.keys(asObject(config?.Volumes) ?? {}),
      stopSignal: asText(config?.StopSignal) ?? '',
      healthcheck: texts(asObject(config?.Healthcheck)?.Test),
      healthcheckTimes: healthcheckTimes(asObject(config?.Healthcheck)),
      shell: texts(config?.Shell),
      onBuild: texts(config?.OnBuild),
    },
  };
}

function parseObject(raw: Buffer): Readonly<Record<string, unknown>> {
  const body = asObject(tryJson(raw));
  if (body !== undefined) return body;
  throw new AppError('INVALID', 'The configuration of this image cannot be read: it is not a JSON object', {
    key: 'imageConfig',
  });
}

function tryJson(raw: Buffer): unknown {
  try {
    return parseLimitedJson(raw, LIMITS);
  } catch (error) {
    if (error instanceof AppError) throw error;
    return undefined;
  }
}
