import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { HttpError } from '../http/http-error.ts';

/** An answer that is no token: for clients in the registry's error format, with the line that Docker shows to people. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  /** For logs and machines, in English. */
  readonly message: string;
  /** Shown to people by docker, podman and skopeo: English and Chinese, because no client says which it wants. */
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

export function sendToken(response: ServerResponse, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(200, { ...NO_STORE, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

export function sendRefusal(response: ServerResponse, refusal: Refusal, isForm: boolean): void {
  if (response.headersSent || response.destroyed) return;
  const { status, code, message, details = message } = refusal;
  const oauth = isForm ? { error: refusal.oauthError ?? oauthErrorOf(status), error_description: message } : {};
  const text = JSON.stringify({ errors: [{ code, message, detail: null }], details, ...oauth });
  response.writeHead(status, { ...headersFor(refusal), 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

function headersFor({ status, retryAfterSeconds }: Refusal): OutgoingHttpHeaders {
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

/** A failure on our side is never 401 or 500: a client would throw its password away, or show no reason. */
export function refusalOf(error: HttpError): Refusal {
  const { message, retryAfterSeconds } = error;
  if (error.status < 500) return { status: error.status, code: CODES[error.status] ?? 'DENIED', message };
  return { status: 503, code: 'UNAVAILABLE', message, retryAfterSeconds: retryAfterSeconds ?? 5 };
}

export function cannotSave(error: HttpError): Refusal {
  const details = `${error.message} 服务器暂时无法保存数据，请联系管理员。`;
  return { ...refusalOf(error), details };
}

export const METHOD_NOT_ALLOWED: Refusal = {
  status: 405,
  code: 'UNSUPPORTED',
  message: 'Ask for a token with GET or POST',
};
export const WRONG_CREDENTIALS: Refusal = {
  status: 401,
  code: 'UNAUTHORIZED',
  message: 'authentication required',
  details: 'The user name or the password is wrong, or the account is disabled. 用户名或密码错误，或者账户已被禁用。',
};
export const WRONG_REFRESH_TOKEN: Refusal = {
  status: 401,
  code: 'UNAUTHORIZED',
  message: 'authentication required',
  details:
    'The stored sign-in is not valid any more; run docker login again. 已保存的登录已失效，请重新执行 docker login。',
};
export const BUSY: Refusal = {
  status: 503,
  code: 'UNAVAILABLE',
  message: 'Too many sign-ins at this moment',
  details: 'Too many sign-ins at this moment; try again in a few seconds. 当前登录请求过多，请几秒后重试。',
  retryAfterSeconds: 5,
};

export function signInFirst(registryName: string): Refusal {
  return {
    status: 401,
    code: 'UNAUTHORIZED',
    message: 'authentication required',
    details: `Sign in first: docker login ${registryName} 请先登录：docker login ${registryName}`,
  };
}

export function tooManyFailures(retryAfterSeconds: number): Refusal {
  const seconds = Math.max(1, Math.ceil(retryAfterSeconds));
  return {
    status: 429,
    code: 'TOOMANYREQUESTS',
    message: 'too many failed sign-ins',
    details: `Too many failed sign-ins; try again in ${seconds} seconds. 登录失败次数过多，请在 ${seconds} 秒后重试。`,
    retryAfterSeconds: seconds,
  };
}

export function changePasswordFirst(publicUrl: string): Refusal {
  return {
    status: 401,
    code: 'UNAUTHORIZED',
    message: 'the password has to be changed first',
    details: `Choose a new password first, at ${publicUrl}/login 请先在 ${publicUrl}/login 修改密码。`,
  };
}
