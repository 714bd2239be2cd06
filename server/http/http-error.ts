import { AppError, type ErrorCode } from '../errors.ts';

const STATUS: Readonly<Record<ErrorCode, number>> = {
  INVALID: 400,
  UNAUTHENTICATED: 401,
  DENIED: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  TOO_LARGE: 413,
  TOO_MANY: 429,
  UPSTREAM: 502,
  UNAVAILABLE: 503,
};

export interface HttpError {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly retryAfterSeconds: number | undefined;
}

/** The only place that maps errors to a status. The text of an unexpected error is not shown, it is in the log. */
export function toHttpError(error: unknown): HttpError {
  if (error instanceof AppError) {
    const { code, message, retryAfterSeconds } = error;
    return { status: STATUS[code], code, message, retryAfterSeconds };
  }
  if (isClientError(error)) {
    return { status: error.status, code: 'INVALID', message: error.message, retryAfterSeconds: undefined };
  }
  if (isStorageFull(error)) {
    const message = 'The server cannot write its database now (disk full or locked). Try again in a moment.';
    return { status: 503, code: 'UNAVAILABLE', message, retryAfterSeconds: 5 };
  }
  return { status: 500, code: 'UNKNOWN', message: 'Something went wrong', retryAfterSeconds: undefined };
}

/**
 * Express and its body parsers give errors that the client caused a 4xx status: invalid JSON, a body too large, a
 * broken %-escape.
 */
function isClientError(error: unknown): error is { status: number; message: string } {
  if (!(error instanceof Error) || !('status' in error)) return false;
  const { status } = error;
  return typeof status === 'number' && status >= 400 && status < 500;
}

function isStorageFull(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^SQLITE_(FULL|BUSY|READONLY|IOERR)/.test(code);
}
