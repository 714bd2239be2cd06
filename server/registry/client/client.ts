import { readFileSync } from 'node:fs';
import { type Clock, monotonic } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import { registryBaseUrl } from '../../config/public-url.ts';
import { VERSION } from '../../config/version.ts';
import { AppError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { digestOf, signedPayload } from '../documents/digest.ts';
import { MAX_CONFIG_BYTES, MAX_MANIFEST_BYTES } from '../documents/limits.ts';
import { MEDIA_TYPES } from '../documents/manifest.ts';
import { isDigest, isTag, parseRepositoryName } from '../documents/reference.ts';
import { type Challenge, parseChallenge } from './challenge.ts';
import { upstream } from './failure.ts';
import { createLists } from './lists.ts';
import { confirmsMissing, expectStatus, hasError, notARegistry, parseJson, wrongDigest } from './responses.ts';
import { createTransport, type Deadlines, type RegistryRequest, type RegistryResponse } from './transport.ts';
import { createUploads } from './uploads.ts';

export interface RegistryClientOptions {
  readonly config: Pick<Config, 'registry'>;
  /** Base URL; a managed registry has one only once it runs. Default: from the configuration. */
  readonly url?: string;
  /** Returns a token with these scopes; `undefined`: the registry needs none. */
  readonly token: (scopes: readonly string[]) => Promise<string | undefined>;
  /**
   * Called when the registry answers 401 to our token. If `token` then returns another one, the request is repeated
   * once.
   */
  readonly onTokenRefused?: () => Promise<unknown>;
  readonly log: Logger;
  /** For comparing the registry's clock with ours. */
  readonly now?: () => number;
  readonly clock?: Clock;
  readonly deadlines?: Readonly<Record<'read' | 'work', Deadlines>>;
}

export interface Ping {
  readonly status: number;
  /** `registry/2.0`; proxies may drop it. */
  readonly apiVersion: string | undefined;
  readonly challenge: Challenge | undefined;
  /** It answers 401 with a Bearer challenge. */
  readonly demandsToken: boolean;
  /** The status is 200: the token, or no token, was enough. */
  readonly accepted: boolean;
  readonly server: string | undefined;
  /** Major version, guessed from the Content-Type: 2.x names a charset, 3.x does not. Undefined: unknown. */
  readonly line: 2 | 3 | undefined;
  /** The registry's clock minus ours, with a resolution of a second; `undefined` without a Date header. */
  readonly clockDifferenceMs: number | undefined;
}

export interface ManifestHead {
  readonly digest: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
}

export interface StoredManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly raw: Buffer;
}

/** `tag-unsupported`: registry 2.x deletes by digest only. */
export type DeleteOutcome = 'deleted' | 'missing' | 'tag-unsupported';

const MIB = 1024 * 1024;
const MAX_ERROR_BYTES = MIB;
const ACCEPT_MANIFESTS = Object.values(MEDIA_TYPES).join(', ');

/**
 * Client of the registry's HTTP API. Calls throw `AppError` UPSTREAM unless there is a clear answer: "missing" is only
 * returned when the registry itself says so.
 * @see https://distribution.github.io/distribution/spec/api/
 */
export function createRegistryClient(options: RegistryClientOptions) {
  const { config, token, log, now = Date.now, clock = monotonic } = options;
  const baseUrl = options.url ?? registryBaseUrl(config);
  const { ca, trust_any_ssl: trustAnySsl } = config.registry;
  const transport = createTransport({
    baseUrl,
    ca: ca === null ? undefined : readFileSync(ca, 'utf8'),
    trustAnySsl,
    userAgent: `registry-web/${VERSION}`,
    log,
    clock,
    ...(options.deadlines === undefined ? {} : { deadlines: options.deadlines }),
  });
  const address = transport.origin;
  const basic = basicCredentials(config);

  async function authorization(scopes: readonly string[]): Promise<string | undefined> {
    const bearer = await token(scopes);
    return bearer === undefined ? basic : `Bearer ${bearer}`;
  }

  async function send(scopes: readonly string[], outgoing: RegistryRequest): Promise<RegistryResponse> {
    const sent = await authorization(scopes);
    const answer = await transport.send({ ...outgoing, authorization: sent });
    if (answer.status !== 401 || options.onTokenRefused === undefined) return answer;
    await options.onTokenRefused();
    const renewed = await authorization(scopes);
    return renewed === sent ? answer : transport.send({ ...outgoing, authorization: renewed });
  }

  async function getManifest(repository: string, reference: string): Promise<StoredManifest | undefined> {
    const path = manifestPath(repository, reference);
    const answer = await send([`repository:${repository}:pull`], {
      method: 'GET',
      path,
      accept: ACCEPT_MANIFESTS,
      limitBytes: MAX_MANIFEST_BYTES,
    });
    if (confirmsMissing(answer)) return undefined;
    expectStatus(answer, [200], address, `GET ${path}`);
    if (/^\s*</.test(answer.body.subarray(0, 64).toString('latin1'))) throw notARegistry(address, answer.status);
    const mediaType = mediaTypeOf(answer);
    return { digest: verifiedDigest(answer, reference, mediaType), mediaType, raw: answer.body };
  }

  /** Verifies the content against the requested digest, or against the Docker-Content-Digest header. */
  function verifiedDigest(answer: RegistryResponse, reference: string, mediaType: string): string {
    const header = answer.headers.get('docker-content-digest') ?? undefined;
    const expected = isDigest(reference) ? reference : header;
    const content = mediaType === MEDIA_TYPES.schema1Signed ? signedPayload(answer.body) : answer.body;
    const computed = digestOf(content, expected);
    if (expected !== undefined && computed !== expected) throw wrongDigest(address, expected.slice(0, 140));
    return computed;
  }

  async function headManifest(repository: string, reference: string): Promise<ManifestHead | undefined> {
    const path = manifestPath(repository, reference);
    const answer = await send([`repository:${repository}:pull`], {
      method: 'HEAD',
      path,
      accept: ACCEPT_MANIFESTS,
      limitBytes: 0,
    });
    const digest = answer.headers.get('docker-content-digest') ?? '';
    const sizeBytes = Number(answer.headers.get('content-length') ?? Number.NaN);
    if (answer.status === 200 && isDigest(digest) && Number.isSafeInteger(sizeBytes)) {
      if (isDigest(reference) && reference !== digest) throw wrongDigest(address, reference);
      return { digest, mediaType: mediaTypeOf(answer), sizeBytes };
    }
    if (answer.status !== 404) expectStatus(answer, [200], address, `HEAD ${path}`);
    // A 404 to HEAD has no body that would tell whether the registry or a proxy sent it, so GET is tried.
    const manifest = await getManifest(repository, reference);
    return manifest && { digest: manifest.digest, mediaType: manifest.mediaType, sizeBytes: manifest.raw.length };
  }

  return {
    baseUrl,
    address,
    headManifest,
    getManifest,
    ...createLists({ send, address }),
    ...createUploads({ send, address, manifestPath }),

    /**
     * Requests `GET /v2/` without credentials, or with exactly this token.
     * @throws {AppError} UPSTREAM when the response is not a registry's.
     */
    async ping(given: { readonly token?: string } = {}): Promise<Ping> {
      const sent = given.token === undefined ? undefined : `Bearer ${given.token}`;
      const answer = await transport.send({
        method: 'GET',
        path: '/v2/',
        limitBytes: MAX_ERROR_BYTES,
        authorization: sent,
      });
      const apiVersion = answer.headers.get('docker-distribution-api-version') ?? undefined;
      const challenge = parseChallenge(answer.headers.get('www-authenticate'));
      if (![200, 401].includes(answer.status)) expectStatus(answer, [200], address, 'GET /v2/');
      if (apiVersion === undefined && answer.status === 200) parseJson(answer, address);
      return {
        status: answer.status,
        apiVersion,
        challenge,
        demandsToken: answer.status === 401 && challenge?.scheme === 'bearer',
        accepted: answer.status === 200,
        server: answer.headers.get('server') ?? undefined,
        line: lineOf(answer, apiVersion),
        clockDifferenceMs: clockDifference(answer, now()),
      };
    },

    /**
     * For small blobs, such as configurations. `undefined`: the registry does not have it.
     * @param maxBytes Larger blobs are an error.
     */
    async getBlob(repository: string, digest: string, maxBytes = MAX_CONFIG_BYTES): Promise<Buffer | undefined> {
      parseRepositoryName(repository);
      if (!isDigest(digest)) throw badReference(digest);
      const path = `/v2/${repository}/blobs/${digest}`;
      const answer = await send([`repository:${repository}:pull`], {
        method: 'GET',
        path,
        accept: '*/*',
        limitBytes: maxBytes,
        followCrossOrigin: true,
      });
      if (confirmsMissing(answer)) return undefined;
      expectStatus(answer, [200], address, `GET ${path}`);
      if (digestOf(answer.body, digest) !== digest) throw wrongDigest(address, digest);
      return answer.body;
    },

    /**
     * @param reference A digest, or on registry 3.x a tag.
     * @throws {AppError} UPSTREAM, also when deletion is disabled in the registry.
     */
    async deleteManifest(repository: string, reference: string): Promise<DeleteOutcome> {
      const path = manifestPath(repository, reference);
      const answer = await send([`repository:${repository}:delete`], {
        method: 'DELETE',
        path,
        limitBytes: MAX_ERROR_BYTES,
        deadline: 'work',
      });
      if (confirmsMissing(answer)) return 'missing';
      if (answer.status === 400 && isTag(reference) && hasError(answer, 'DIGEST_INVALID')) return 'tag-unsupported';
      if (answer.status === 405) throw deletionOff(address);
      expectStatus(answer, [202, 200, 204], address, `DELETE ${path}`);
      return 'deleted';
    },

    close(): void {
      transport.close();
    },
  };
}

export type RegistryClient = ReturnType<typeof createRegistryClient>;

function basicCredentials({ registry }: Pick<Config, 'registry'>): string | undefined {
  return registry.basic_auth === null ? undefined : `Basic ${registry.basic_auth}`;
}

function manifestPath(repository: string, reference: string): string {
  parseRepositoryName(repository);
  if (!isTag(reference) && !isDigest(reference)) throw badReference(reference);
  return `/v2/${repository}/manifests/${reference}`;
}

function mediaTypeOf(answer: RegistryResponse): string {
  return answer.headers.get('content-type')?.split(';')[0]?.trim() ?? '';
}

/** Only for responses with the registry's own header; a proxy may change the type, so it is only a guess. */
function lineOf(answer: RegistryResponse, apiVersion: string | undefined): Ping['line'] {
  const type = answer.headers.get('content-type')?.replace(/\s+/g, '').toLowerCase();
  if (apiVersion !== 'registry/2.0') return undefined;
  if (type === 'application/json') return 3;
  return type === 'application/json;charset=utf-8' ? 2 : undefined;
}

function clockDifference(answer: RegistryResponse, nowMs: number): number | undefined {
  const theirs = Date.parse(answer.headers.get('date') ?? '');
  return Number.isNaN(theirs) ? undefined : theirs - nowMs;
}

function badReference(text: string): AppError {
  const reference = text.slice(0, 80);
  return new AppError('INVALID', `“${reference}” is neither a tag nor a digest`, {
    key: 'reference',
    params: { reference },
  });
}

function deletionOff(address: string): AppError {
  return upstream(
    'registryDeletionOff',
    `${address} refuses to delete: set storage.delete.enabled: true in the registry's configuration and restart it`,
    { address },
  );
}
