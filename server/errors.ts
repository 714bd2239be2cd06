/** The failures we expect. They know nothing of HTTP: `http/http-error.ts` maps a code to a status, once. */
export type ErrorCode =
  | 'INVALID'
  | 'UNAUTHENTICATED'
  | 'DENIED'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'TOO_LARGE'
  | 'TOO_MANY'
  | 'UPSTREAM'
  | 'UNAVAILABLE';

export interface AppErrorOptions {
  readonly cause?: unknown;
  /** Key of the sentence in `locales/<language>/errors.json`; pages show it instead of `message`. */
  readonly key?: string;
  /** Values for the placeholders of that sentence. */
  readonly params?: Readonly<Record<string, string | number>>;
  /** The form field that caused it. */
  readonly field?: string;
  /** Seconds until a retry makes sense (TOO_MANY, UNAVAILABLE). */
  readonly retryAfterSeconds?: number;
}

/** A failure that somebody can act on: `message` says in one English sentence what happened and what to do. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly key: string | undefined;
  readonly params: Readonly<Record<string, string | number>>;
  readonly field: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.key = options.key;
    this.params = options.params ?? {};
    this.field = options.field;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** Why the process cannot start: every reason at once, each a plain sentence. `main.ts` prints them and exits with `exitCode`. */
export class StartError extends Error {
  readonly reasons: readonly string[];
  /** 78 (EX_CONFIG): the operator has to change something; 75 (EX_TEMPFAIL): trying again may help. */
  readonly exitCode: number;

  constructor(reasons: readonly string[], exitCode = 78) {
    super(reasons.join('\n'));
    this.name = 'StartError';
    this.reasons = reasons;
    this.exitCode = exitCode;
  }
}

/** The text of anything thrown, for logs and for messages that quote a cause. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
