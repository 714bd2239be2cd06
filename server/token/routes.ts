import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Identity } from '../access/engine.ts';
import { ANONYMOUS, type Subject } from '../access/rights.ts';
import type { CredentialChecker } from '../accounts/credentials.ts';
import type { RefreshTokens } from '../accounts/refresh-tokens.ts';
import type { Bus } from '../bus/bus.ts';
import type { Config } from '../config/config.ts';
import { AppError } from '../errors.ts';
import type { OriginOf } from '../http/client-address.ts';
import { toHttpError } from '../http/http-error.ts';
import type { Logger } from '../log.ts';
import { type Caller, type CallerDeps, findCaller, type ProvenCaller } from './caller.ts';
import { type AccessEntry, formatAccess, type Grant, grantScopes } from './grant.ts';
import type { RecentGrants } from './recent-grants.ts';
import type { Refusals } from './refusals.ts';
import {
  type ErrorResponse,
  errorResponseOf,
  METHOD_NOT_ALLOWED,
  sendErrorResponse,
  sendToken,
  signInFirst,
  storageFailureResponse,
} from './responses.ts';
import { formatScope } from './scope.ts';
import type { Signer } from './signer.ts';
import { createTickCache } from './tick-cache.ts';
import { type Credential, type ParsedRequest, parseGet, parsePost, UNSUPPORTED_GRANT_TYPE } from './token-request.ts';

export interface TokenEndpointDeps {
  readonly config: Config;
  /** Address of this server for browsers, with the base path and without a trailing slash. */
  readonly publicUrl: string;
  readonly access: CallerDeps['access'];
  readonly credentials: Pick<CredentialChecker, 'check'>;
  readonly refreshTokens: Pick<RefreshTokens, 'issue' | 'redeem'>;
  readonly signer: Pick<Signer, 'sign'>;
  readonly recentGrants: Pick<RecentGrants, 'record'>;
  readonly refusals: Pick<Refusals, 'record'>;
  readonly originOf: OriginOf;
  /**
   * `push-token-issued` is published for each push token, so that the repository is read even if the push event never
   * comes.
   */
  readonly bus: Pick<Bus, 'publish'>;
  readonly now: () => number;
  readonly log: Logger;
}

type PlainHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** One request, its parsed content and its response. */
interface Exchange {
  readonly asked: ParsedRequest;
  readonly address: string;
  /** The client's `client_id`, or its `User-Agent`. */
  readonly client: string;
  readonly response: ServerResponse;
  readonly isForm: boolean;
}

/**
 * The endpoint that the registry's `auth.token.realm` points to: GET and POST. A plain handler mounted in front of the
 * framework; it answers every request itself, errors in the registry's format.
 * @see https://distribution.github.io/distribution/spec/auth/token/
 */
export function createTokenEndpoint(deps: TokenEndpointDeps): PlainHandler {
  const { config, access, credentials, publicUrl, log } = deps;
  const { auth, readonly, public_name: publicName } = config.registry;
  const { service } = auth;
  const refreshTokens = auth.refresh_tokens ? deps.refreshTokens : undefined;
  const callerDeps: CallerDeps = { access, credentials, refreshTokens, service, publicUrl };
  const signIn = signInFirst(publicName);
  const callers = createTickCache<Promise<Caller>>();

  async function answer(request: IncomingMessage, response: ServerResponse, isForm: boolean): Promise<void> {
    const asked = isForm ? await parsePost(request) : parseGet(request);
    if (asked.service !== '' && asked.service !== service) throw otherService(asked.service);
    const { address } = deps.originOf(request);
    const client = asked.clientId === '' ? (request.headers['user-agent'] ?? '') : asked.clientId;
    const exchange: Exchange = { asked, address, client, response, isForm };
    const caller = await callerOf(asked.credential, address);
    if ('refusal' in caller) return refuse(caller.refusal, caller.reason, exchange);
    const grant = grantScopes(asked.scopes, caller.rights, { address, readonly });
    recordShortfalls(grant, caller.identity?.subject ?? ANONYMOUS, exchange);
    // An anonymous client that would get nothing is answered 401, so that it comes back with a password.
    if (caller.identity === undefined && grant.access.length === 0) return refuse(signIn, 'anonymous', exchange);
    await issue(caller, grant, exchange);
  }

  /** A pulling client sends the same password on many connections at once: within one turn it is verified once. */
  function callerOf(credential: Credential, address: string): Promise<Caller> {
    const find = () => findCaller(credential, address, callerDeps);
    if (credential.kind === 'none') return callers('', find);
    if (credential.kind !== 'password') return find();
    const { username, password } = credential;
    return callers(`${address} ${username.length} ${username}${password}`, find);
  }

  function refuse(
    refusal: ErrorResponse,
    reason: string,
    { asked, address, client, response, isForm }: Exchange,
  ): void {
    const user = asked.credential.kind === 'password' ? asked.credential.username.slice(0, MAX_LOGGED_NAME_LENGTH) : '';
    log.warn({ reason, user, status: refusal.status, address, client }, 'token refused');
    sendErrorResponse(response, refusal, isForm);
  }

  function recordShortfalls({ denied }: Grant, subject: Subject, { address, client }: Exchange): void {
    for (const deniedScope of denied) {
      deps.refusals.record({ ...deniedScope, subject: subject.name, subjectKind: subject.kind, address, client });
    }
  }

  async function issue(
    { identity, accessVersion }: ProvenCaller,
    { access }: Grant,
    exchange: Exchange,
  ): Promise<void> {
    const subject = identity?.subject ?? ANONYMOUS;
    const { asked, address, client, response, isForm } = exchange;
    const grantedOn = `${subject.kind} ${subject.id} ${accessVersion} ${address}`;
    const signed = await deps.signer.sign({ subject: subject.name, access, grantedOn });
    const refreshToken = await refreshTokenFor(identity, asked);
    const granted = formatAccess(access);
    const logged = { jti: signed.id, subject: subject.name, kind: subject.kind, service, address, client };
    log.info({ ...logged, asked: asked.scopes.map(formatScope).join(' '), granted }, 'token issued');
    noteIssued(subject.name, access);
    sendToken(response, {
      token: signed.token,
      access_token: signed.token,
      expires_in: signed.expiresInSeconds,
      ...(isForm && { scope: granted, token_type: 'Bearer' }),
      ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    });
  }

  /** Only for a password: a refresh token that could fetch new refresh tokens would never expire. */
  async function refreshTokenFor(identity: Identity | undefined, asked: ParsedRequest): Promise<string | undefined> {
    if (refreshTokens === undefined || !asked.wantsRefreshToken) return undefined;
    if (identity === undefined || asked.credential.kind !== 'password') return undefined;
    const { subject, passwordVersion } = identity;
    return deps.refreshTokens.issue({ userId: subject.id, passwordVersion, service, clientId: asked.clientId });
  }

  function noteIssued(subjectName: string, access: readonly AccessEntry[]): void {
    for (const { type, name: repository, actions } of access) {
      if (type !== 'repository') continue;
      deps.recentGrants.record(subjectName, repository, actions);
      if (actions.includes('push')) deps.bus.publish({ kind: 'push-token-issued', repository, at: deps.now() });
    }
  }

  return async (request, response) => {
    const isForm = request.method === 'POST';
    if (!isForm && request.method !== 'GET') return sendErrorResponse(response, METHOD_NOT_ALLOWED, false);
    try {
      await answer(request, response, isForm);
    } catch (error) {
      if (!(error instanceof AppError)) log.error({ error }, 'token request failed');
      sendErrorResponse(response, toRefusal(error), isForm);
    }
  };
}

const MAX_LOGGED_NAME_LENGTH = 64;

/** A token with another audience would be valid at another registry. */
function otherService(asked: string): AppError {
  const name = asked.slice(0, 80);
  return new AppError('INVALID', `This server gives no tokens for the service “${name}”; compare auth.token.service`);
}

function toRefusal(error: unknown): ErrorResponse {
  if (error instanceof AppError && error.key?.startsWith('storage.')) return storageFailureResponse(toHttpError(error));
  const refusal = errorResponseOf(toHttpError(error));
  const isGrantType = error instanceof AppError && error.key === UNSUPPORTED_GRANT_TYPE;
  return isGrantType ? { ...refusal, oauthError: UNSUPPORTED_GRANT_TYPE } : refusal;
}
