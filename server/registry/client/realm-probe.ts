import { hostName, isLoopbackName } from '../../config/host-name.ts';
import { errorText } from '../../errors.ts';

/**
 * Why the realm did not answer. `container`: it is localhost, which in a container means the container itself.
 * `untrusted`: its certificate comes from an unknown CA. `certificate`: its certificate is expired, not valid yet, or
 * for another name. `unreachable`: anything else.
 */
export type RealmFailure = 'container' | 'untrusted' | 'certificate' | 'unreachable';

export interface RealmProbe {
  readonly failure: RealmFailure;
  /** The error of the system, or the status and type of the response. */
  readonly error: string;
}

const REALM_TIMEOUT_MS = 3000;
// Codes of OpenSSL and Node.js for a chain that ends at an unknown CA.
const UNTRUSTED: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
const WRONG: ReadonlySet<string> = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', 'ERR_TLS_CERT_ALTNAME_INVALID']);

/**
 * Requests the realm without credentials, as a client would; any JSON response below 500 counts as success.
 * @param inContainer Whether localhost means this container.
 * @returns undefined on success.
 */
export async function probeRealm(realm: string, inContainer: boolean): Promise<RealmProbe | undefined> {
  try {
    const response = await fetch(realm, { redirect: 'manual', signal: AbortSignal.timeout(REALM_TIMEOUT_MS) });
    const type = response.headers.get('content-type') ?? '';
    if (type.startsWith('application/json') && response.status < 500) return undefined;
    return { failure: failureOf(realm, undefined, inContainer), error: `${response.status} ${type}`.trim() };
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    return { failure: failureOf(realm, cause, inContainer), error: errorText(cause) };
  }
}

function failureOf(realm: string, cause: unknown, inContainer: boolean): RealmFailure {
  const { code = '' } = (cause ?? {}) as { code?: string };
  if (UNTRUSTED.has(code)) return 'untrusted';
  if (WRONG.has(code)) return 'certificate';
  if (!URL.canParse(realm)) return 'unreachable';
  return inContainer && isLoopbackName(hostName(new URL(realm).host)) ? 'container' : 'unreachable';
}
