import { AppError, type AppErrorOptions } from '../../errors.ts';

/** Errors a registry reports: `{"errors":[{"code":"NAME_UNKNOWN","message":"…"}]}`. */
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

/** A failure of the registry or of the way to it, as one sentence that says what to do. */
export function upstream(
  key: string,
  message: string,
  params: AppErrorOptions['params'] = {},
  cause?: unknown,
): AppError {
  return new AppError('UPSTREAM', message, { key, params, ...(cause === undefined ? {} : { cause }) });
}

const TOO_MUCH: readonly string[] = [
  'registryRefused',
  'registryUnreachable',
  'registryName',
  'registryBroken',
  'registrySlow',
  'registryBusy',
];

/** The registry is away, or has more to do than it can: asking less, or later, may help. */
export function isOverload(error: unknown): boolean {
  if (!(error instanceof AppError) || error.code !== 'UPSTREAM') return false;
  const status = Number(error.params['status'] ?? 0);
  return TOO_MUCH.includes(error.key ?? '') || status === 429 || status >= 500;
}

const NO_CREDENTIALS: readonly string[] = ['registryUnauthorized', 'registryPassword', 'certificate_ran_out'];

/**
 * It does not take our credentials, somebody before it does not let us through, or we cannot make any: asking for more
 * will not help.
 */
export function isRefusal(error: unknown): error is AppError {
  if (!(error instanceof AppError)) return false;
  const isForbidden = error.code === 'UPSTREAM' && [401, 403].includes(Number(error.params['status'] ?? 0));
  return isForbidden || NO_CREDENTIALS.includes(error.key ?? '');
}

/** @param address scheme, host and port only: a path may hold an upload's state. */
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

/** What the registry said, short enough for a sentence. */
export function quoteErrors(body: Buffer): string {
  const texts = registryErrors(body).map(({ code, message }) => `${code} ${message ?? ''}`.trim());
  return texts.join('; ').slice(0, 200);
}

/** A 500 for one digest, while everything else is answered, is about that digest. */
export function isAboutOne(error: unknown): boolean {
  return !isOverload(error) || (error instanceof AppError && Number(error.params['status']) === 500);
}
