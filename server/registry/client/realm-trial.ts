import { hostName, isLoopbackName } from '../../config/host-name.ts';
import { errorText } from '../../errors.ts';

/**
 * Why the realm did not answer us. `container`: it says localhost, which inside of a container is the container.
 * `untrusted`: somebody answers with a certificate whose authority we do not know; `certificate`: with one that is wrong
 * for everybody. `unreachable`: nothing of the kind.
 */
export type RealmFailure = 'container' | 'untrusted' | 'certificate' | 'unreachable';

export interface RealmTrial {
  readonly failure: RealmFailure;
  /** What the system said. */
  readonly error: string;
}

const REALM_TIMEOUT_MS = 3000;
// Codes of OpenSSL and of Node.js: the chain ends at nobody we know.
const UNTRUSTED: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
const WRONG: ReadonlySet<string> = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', 'ERR_TLS_CERT_ALTNAME_INVALID']);

/**
 * Asks the realm as a client would, without credentials: any JSON answer of a token endpoint will do.
 * @param inContainer localhost is then the container, whatever it is for clients
 * @returns undefined when it answers
 */
export async function tryRealm(realm: string, inContainer: boolean): Promise<RealmTrial | undefined> {
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
