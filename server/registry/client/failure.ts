import { AppError, type AppErrorOptions } from '../../errors.ts';

/** An entry of the registry's error body: `{"errors":[{"code":"NAME_UNKNOWN","message":"…"}]}`. */
export interface RegistryErrorEntry {
  readonly code: string;
  readonly message: string;
}

interface Kind {
  readonly codes: RegExp;
  readonly key: string;
  readonly sentence: (address: string, code: string) => string;
}

const NETWORK: readonly Kind[] = [
  {
    codes: /^ECONNREFUSED$/,
    key: 'registryRefused',
    sentence: (address) =>
      `No answer at ${address}: check that the registry is running and that registry.url is correct`,
  },
  {
    codes: /^(ENOTFOUND|EAI_AGAIN|EAI_FAIL)$/,
    key: 'registryName',
    sentence: (address) => `The host of ${address} is unknown: check registry.url and DNS`,
  },
  {
    codes: /^(EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EADDRNOTAVAIL)$/,
    key: 'registryUnreachable',
    sentence: (address) => `${address} is not reachable: check the network between this machine and the registry`,
  },
  {
    codes: /^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS_CERT)/,
    key: 'registryCertificate',
    sentence: (address, code) =>
      `The certificate of ${address} is not trusted (${code}): set registry.ca to the certificate of its CA`,
  },
  {
    codes: /^(EPROTO|ERR_SSL_|ERR_TLS_)/,
    key: 'registryTls',
    sentence: (address, code) =>
      `${address} does not speak TLS as expected (${code}): check whether registry.url should start with http:// or https://`,
  },
  {
    codes: /^HPE_/,
    key: 'registryHttp',
    sentence: (address, code) =>
      `${address} does not speak HTTP as expected (${code}): check the scheme and the port of registry.url`,
  },
];

const BROKEN: Omit<Kind, 'codes'> = {
  key: 'registryBroken',
  sentence: (address, code) => `The connection to ${address} was interrupted (${code}): see the registry log`,
};

/**
 * An error of the registry or the connection to it.
 * @param key Key of the sentence in `locales/<language>/errors.json`.
 * @param message One English sentence that says what to do.
 */
export function upstream(
  key: string,
  message: string,
  params: AppErrorOptions['params'] = {},
  cause?: unknown,
): AppError {
  return new AppError('UPSTREAM', message, { key, params, ...(cause === undefined ? {} : { cause }) });
}

const OVERLOAD_KEYS: readonly string[] = [
  'registryRefused',
  'registryUnreachable',
  'registryName',
  'registryBroken',
  'registrySlow',
  'registryBusy',
];

/** Whether the registry is unreachable or overloaded: fewer or later requests may succeed. */
export function isOverload(error: unknown): boolean {
  if (!(error instanceof AppError) || error.code !== 'UPSTREAM') return false;
  const status = Number(error.params['status'] ?? 0);
  return OVERLOAD_KEYS.includes(error.key ?? '') || status === 429 || status >= 500;
}

const AUTH_KEYS: readonly string[] = ['registryUnauthorized', 'registryPassword', 'certificate_ran_out'];

/** Whether the registry or a proxy rejects our credentials, or we have none: repeating the request will not help. */
export function isAuthFailure(error: unknown): error is AppError {
  if (!(error instanceof AppError)) return false;
  const isForbidden = error.code === 'UPSTREAM' && [401, 403].includes(Number(error.params['status'] ?? 0));
  return isForbidden || AUTH_KEYS.includes(error.key ?? '');
}

/**
 * Maps a network error to an error that says what to do; an `AppError` is returned unchanged.
 * @param address Scheme, host and port only, because a path may contain an upload's state.
 */
export function networkFailure(error: unknown, address: string): AppError {
  if (error instanceof AppError) return error;
  const code = errorCode(error);
  const { key, sentence } = NETWORK.find(({ codes }) => codes.test(code)) ?? BROKEN;
  return upstream(key, sentence(address, code), { address, code }, error);
}

function errorCode(error: unknown): string {
  const { code, type } = (error ?? {}) as { code?: unknown; type?: unknown };
  return typeof code === 'string' ? code : typeof type === 'string' ? type : 'unknown';
}

/** The registry's own error list; empty when the body is something else. */
export function registryErrors(body: Buffer): readonly RegistryErrorEntry[] {
  try {
    const { errors } = JSON.parse(body.toString('utf8')) as { errors?: unknown };
    return Array.isArray(errors) ? errors.filter(isEntry).slice(0, 20) : [];
  } catch {
    return [];
  }
}

function isEntry(value: unknown): value is RegistryErrorEntry {
  const { code, message } = (value ?? {}) as { code?: unknown; message?: unknown };
  return typeof code === 'string' && (message === undefined || typeof message === 'string');
}

/** The registry's error codes and messages, cut to 200 characters; '' without any. */
export function quoteErrors(body: Buffer): string {
  const texts = registryErrors(body).map(({ code, message }) => `${code} ${message ?? ''}`.trim());
  return texts.join('; ').slice(0, 200);
}

/**
 * Whether the error concerns only the requested item. A single 500 does: registries answer 500 for one damaged manifest
 * while everything else works.
 */
export function isSingleItemFailure(error: unknown): boolean {
  return !isOverload(error) || (error instanceof AppError && Number(error.params['status']) === 500);
}
