import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { HttpError } from '../http/http-error.ts';

/**
 * An error answer of the token endpoint, in the registry's error format.
 * @see https://distribution.github.io/distribution/spec/api/#errors
 */
export interface ErrorResponse {
  readonly status: number;
  readonly code: string;
  /** For logs and programs, in English. */
  readonly message: string;
  /** Shown to people by docker, podman and skopeo. English and Chinese, because clients send no language. */
  readonly details?: string;
  readonly oauthError?: string;
  readonly retryAfterSeconds?: number | undefined;
}

const NO_STORE = {
  'content-type': 'application/json',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
};
const CHALLENGE = 'Basic realm="registry-web", charset="UTF-8"';

/** Answers 200 with JSON that must not be cached. */
export function sendToken(response: ServerResponse, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(200, { ...NO_STORE, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

/**
 * Answers with the registry's error envelope; nothing happens when the client is gone or an answer was begun.
 * @param isForm The request was a POST: adds `error` and `error_description` of RFC 6749 §5.2.
 */
export function sendErrorResponse(response: ServerResponse, refusal: ErrorResponse, isForm: boolean): void {
  if (response.headersSent || response.destroyed) return;
  const { status, code, message, details = message } = refusal;
  const oauth = isForm ? { error: refusal.oauthError ?? oauthErrorOf(status), error_description: message } : {};
  const text = JSON.stringify({ errors: [{ code, message, detail: null }], details, ...oauth });
  response.writeHead(status, { ...headersFor(refusal), 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

function headersFor({ status, retryAfterSeconds }: ErrorResponse): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { ...NO_STORE };
  if (status === 401) headers['www-authenticate'] = CHALLENGE;
  if (status === 405) headers.allow = 'GET, POST';
  if (retryAfterSeconds !== undefined) headers['retry-after'] = String(Math.max(1, Math.ceil(retryAfterSeconds)));
  return headers;
}

function oauthErrorOf(status: number): string {
  if (status === 401) return 'invalid_grant';
  return status === 429 || status >= 500 ? 'temporarily_unavailable' : 'invalid_request';
}

const CODES: Readonly<Record<number, string>> = { 400: 'INVALID', 413: 'SIZE_INVALID', 429: 'TOOMANYREQUESTS' };

/**
 * Failures on our side become 503, never 401 or 500: after a 401 a client deletes its stored password, and a 500 shows
 * people no reason.
 */
export function errorResponseOf(error: HttpError): ErrorResponse {
  const { message, retryAfterSeconds } = error;
  if (error.status < 500) return { status: error.status, code: CODES[error.status] ?? 'DENIED', message };
  return { status: 503, code: 'UNAVAILABLE', message, retryAfterSeconds: retryAfterSeconds ?? 5 };
}

/** A 503 that adds a Chinese sentence: the database cannot be written. */
export function storageFailureResponse(error: HttpError): ErrorResponse {
  const details = `${error.message} 服务器暂时无法保存数据，请联系管理员。`;
  return { ...errorResponseOf(error), details };
}

export const METHOD_NOT_ALLOWED: ErrorResponse = {
  status: 405,
  code: 'UNSUPPORTED',
  message: 'Ask for a token with GET or POST',
};
export const WRONG_CREDENTIALS: ErrorResponse = {
  status: 401,
  code: 'UNAUTHORIZED',
  message: 'authentication required',
  details: 'The user name or the password is wrong, or the account is disabled. 用户名或密码错误，或者账户已被禁用。',
};
export const WRONG_REFRESH_TOKEN: ErrorResponse = {
  status: 401,
  code: 'UNAUTHORIZED',
  message: 'authentication required',
  details:
    'The stored sign-in is not valid any more; run docker login again. 已保存的登录已失效，请重新执行 docker login。',
};
export const BUSY: ErrorResponse = {
  status: 503,
  code: 'UNAVAILABLE',
  message: 'Too many sign-ins at this moment',
  details: 'Too many sign-ins at this moment; try again in a few seconds. 当前登录请求过多，请几秒后重试。',
  retryAfterSeconds: 5,
};

/** @param registryName As people type it after `docker login`. */
export function signInFirst(registryName: string): ErrorResponse {
  return {
    status: 401,
    code: 'UNAUTHORIZED',
    message: 'authentication required',
    details: `Sign in first: docker login ${registryName} 请先登录：docker login ${registryName}`,
  };
}

/** A 429 with `Retry-After`; at least one second. */
export function tooManyFailures(retryAfterSeconds: number): ErrorResponse {
  const seconds = Math.max(1, Math.ceil(retryAfterSeconds));
  return {
    status: 429,
    code: 'TOOMANYREQUESTS',
    message: 'too many failed sign-ins',
    details: `Too many failed sign-ins; try again in ${seconds} seconds. 登录失败次数过多，请在 ${seconds} 秒后重试。`,
    retryAfterSeconds: seconds,
  };
}

/** @param publicUrl Without a trailing slash. */
export function changePasswordFirst(publicUrl: string): ErrorResponse {
  return {
    status: 401,
    code: 'UNAUTHORIZED',
    message: 'the password has to be changed first',
    details: `Choose a new password first, at ${publicUrl}/login 请先在 ${publicUrl}/login 修改密码。`,
  };
}
