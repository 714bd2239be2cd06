/** Checks the registry's responses and turns each unexpected one into an error that says what to do. */
import { AppError } from '../../errors.ts';
import { parseChallenge } from './challenge.ts';
import { quoteErrors, registryErrors, upstream } from './failure.ts';
import type { RegistryResponse } from './transport.ts';

const GONE: readonly string[] = ['MANIFEST_UNKNOWN', 'NAME_UNKNOWN', 'BLOB_UNKNOWN'];

/**
 * Whether the registry itself says that the manifest, blob or repository is unknown. A 404 without its error body may
 * come from a proxy and says nothing about an image.
 * @see https://distribution.github.io/distribution/spec/api/#errors-2
 */
export function confirmsMissing(answer: RegistryResponse): boolean {
  return answer.status === 404 && registryErrors(answer.body).some(({ code }) => GONE.includes(code));
}

/** Whether the registry's error list contains this code. */
export function hasError(answer: RegistryResponse, code: string): boolean {
  return registryErrors(answer.body).some((entry) => entry.code === code);
}

/**
 * @param request As in the error text, such as `GET /v2/`.
 * @throws {AppError} UPSTREAM unless the status is one of `statuses`.
 */
export function expectStatus(
  answer: RegistryResponse,
  statuses: readonly number[],
  address: string,
  request: string,
): void {
  if (!statuses.includes(answer.status)) throw statusFailure(answer, address, request);
}

function statusFailure(answer: RegistryResponse, address: string, request: string): AppError {
  const { status } = answer;
  if (status === 401) return unauthorized(answer, address);
  const said = quoteErrors(answer.body);
  if (said === '' && status < 500 && status !== 429) return notARegistry(address, status);
  const detail = said === '' ? '' : ` (${said})`;
  const retryAfterSeconds = retryAfter(answer);
  return new AppError('UPSTREAM', `${address} answered ${status} to ${request}${detail}: look at the registry's log`, {
    key: 'registryStatus',
    params: { address, status, request, detail },
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

/** Only the form in seconds (RFC 9110 §10.2.3): the date form would depend on both clocks. */
function retryAfter(answer: RegistryResponse): number | undefined {
  const text = answer.headers.get('retry-after')?.trim() ?? '';
  return /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}

function unauthorized({ headers }: RegistryResponse, address: string): AppError {
  if (parseChallenge(headers.get('www-authenticate'))?.scheme === 'basic') return asksForPassword(address);
  return upstream(
    'registryUnauthorized',
    `${address} does not accept our credentials: check that service, issuer and rootcertbundle of its auth.token equal ours and that the clocks agree`,
    { address },
  );
}

function asksForPassword(address: string): AppError {
  return upstream(
    'registryPassword',
    `${address} asks for a password itself (htpasswd): check registry.username and registry.password, or let it ask for tokens`,
    { address },
  );
}

/** The UPSTREAM error for a response that does not come from a registry; returned, not thrown. */
export function notARegistry(address: string, status: number): AppError {
  return upstream(
    'registryNotOne',
    `What answers at ${address} is no registry (status ${status}): check registry.url`,
    { address, status },
  );
}

/** The UPSTREAM error for content that does not match its digest; returned, not thrown. */
export function wrongDigest(address: string, digest: string): AppError {
  return upstream(
    'registryDigest',
    `${address} sent content that does not match ${digest}: it was damaged on the way or in the registry's storage`,
    { address, digest },
  );
}

/** @throws {AppError} UPSTREAM for HTML, truncated JSON, or anything but a JSON object. */
export function parseJson(answer: RegistryResponse, address: string): Readonly<Record<string, unknown>> {
  const text = answer.body.toString('utf8');
  if (/^\s*</.test(text)) throw notARegistry(address, answer.status);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Falls through to the same sentence as JSON of the wrong shape.
  }
  throw upstream(
    'registryJson',
    `${address} sent an answer that is no complete JSON: look at the registry and at proxies before it`,
    { address },
  );
}

/** `null`, which registry 2.x sends for an empty list, becomes []; entries that are not text are left out. */
export function textList(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

/**
 * The query of the next page from the Link header (RFC 8288), with its `?`; undefined on the last page. Host and path
 * of the link are ignored, because proxies may change them.
 */
export function nextPage(answer: RegistryResponse): string | undefined {
  const link = (answer.headers.get('link') ?? '').slice(0, 2048);
  const [, target] = /<([^>]*)>\s*;[^<]*\brel\s*=\s*"?next\b/i.exec(link) ?? [];
  if (target === undefined || !URL.canParse(target, 'http://registry')) return undefined;
  return new URL(target, 'http://registry').search || undefined;
}
