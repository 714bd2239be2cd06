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
import {
  cannotSave,
  METHOD_NOT_ALLOWED,
  type Refusal,
  refusalOf,
  sendRefusal,
  sendToken,
  signInFirst,
} from './answers.ts';
import { type Caller, type CallerDeps, findCaller, type ProvenCaller } from './caller.ts';
import { type AccessEntry, formatAccess, type Grant, grantScopes } from './grant.ts';
import type { Permits } from './permits.ts';
import type { Refusals } from './refusals.ts';
import { createTurnMemory } from './same-turn.ts';
import { formatScope } from './scope.ts';
import type { Signer } from './signer.ts';
import { type Credential, type ParsedRequest, parseGet, parsePost, UNSUPPORTED_GRANT_TYPE } from './token-request.ts';

export interface TokenEndpointDeps {
  readonly config: Config;
  /** Where people reach us, with the base path and without a trailing slash. */
  readonly publicUrl: string;
  readonly access: CallerDeps['access'];
  readonly credentials: Pick<CredentialChecker, 'check'>;
  readonly refreshTokens: Pick<RefreshTokens, 'issue' | 'redeem'>;
  readonly signer: Pick<Signer, 'sign'>;
  readonly permits: Pick<Permits, 'note'>;
  readonly refusals: Pick<Refusals, 'record'>;
  readonly originOf: OriginOf;
  /** Told of each push token: a repository somebody may push to now is worth a look even if its event never comes. */
  readonly bus: Pick<Bus, 'tell'>;
  readonly now: () => number;
  readonly log: Logger;
}

type PlainHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** What one request is about. */
interface Exchange {
  readonly asked: ParsedRequest;
  readonly address: string;
  /** What the client calls itself. */
  readonly client: string;
  readonly response: ServerResponse;
  readonly isForm: boolean;
}

/**
 * The endpoint that `auth.token.realm` points to. A plain handler: it is mounted in front of the framework, and it
 * answers every request itself, in the registry's error format.
 */
export function createTokenEndpoint(deps: TokenEndpointDeps): PlainHandler {
  const { config, access, credentials, publicUrl, log } = deps;
  const { auth, readonly, public_name: publicName } = config.registry;
  const { service } = auth;
  const refreshTokens = auth.refresh_tokens ? deps.refreshTokens : undefined;
  const callerDeps: CallerDeps = { access, credentials, refreshTokens, service, publicUrl };
  const signIn = signInFirst(publicName);
  const callers = createTurnMemory<Promise<Caller>>();

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
    // Somebody without a name gets 401 where nothing is public, so that the client comes back with a password.
    if (caller.identity === undefined && grant.access.length === 0) return refuse(signIn, 'anonymous', exchange);
    await issue(caller, grant, exchange);
  }

  /** A client that pulls asks with one password on many connections at once. */
  function callerOf(credential: Credential, address: string): Promise<Caller> {
    const find = () => findCaller(credential, address, callerDeps);
    if (credential.kind === 'none') return callers('', find);
    if (credential.kind !== 'password') return find();
    const { username, password } = credential;
    return callers(`${address} ${username.length} ${username}${password}`, find);
  }

  function refuse(refusal: Refusal, reason: string, { asked, address, client, response, isForm }: Exchange): void {
    const user = asked.credential.kind === 'password' ? asked.credential.username.slice(0, MAX_LOGGED_NAME_LENGTH) : '';
    log.warn({ reason, user, status: refusal.status, address, client }, 'token refused');
    sendRefusal(response, refusal, isForm);
  }

  function recordShortfalls({ shortfalls }: Grant, subject: Subject, { address, client }: Exchange): void {
    for (const shortfall of shortfalls) {
      deps.refusals.record({ ...shortfall, subject: subject.name, subjectKind: subject.kind, address, client });
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

  /** Only for a password: a refresh token that begets refresh tokens would never end. */
  async function refreshTokenFor(identity: Identity | undefined, asked: ParsedRequest): Promise<string | undefined> {
    if (refreshTokens === undefined || !asked.wantsRefreshToken) return undefined;
    if (identity === undefined || asked.credential.kind !== 'password') return undefined;
    const { subject, passwordVersion } = identity;
    return deps.refreshTokens.issue({ userId: subject.id, passwordVersion, service, clientId: asked.clientId });
  }

  function noteIssued(subjectName: string, access: readonly AccessEntry[]): void {
    for (const { type, name: repository, actions } of access) {
      if (type !== 'repository') continue;
      deps.permits.note(subjectName, repository, actions);
      if (actions.includes('push')) deps.bus.tell({ kind: 'push-token-issued', repository, at: deps.now() });
    }
  }

  return async (request, response) => {
    const isForm = request.method === 'POST';
    if (!isForm && request.method !== 'GET') return sendRefusal(response, METHOD_NOT_ALLOWED, false);
    try {
      await answer(request, response, isForm);
    } catch (error) {
      if (!(error instanceof AppError)) log.error({ error }, 'token request failed');
      sendRefusal(response, toRefusal(error), isForm);
    }
  };
}

const MAX_LOGGED_NAME_LENGTH = 64;

/** A token for another audience would open somebody else's registry. */
function otherService(asked: string): AppError {
  const name = asked.slice(0, 80);
  return new AppError('INVALID', `This server gives no tokens for the service “${name}”; compare auth.token.service`);
}

function toRefusal(error: unknown): Refusal {
  if (error instanceof AppError && error.key?.startsWith('storage.')) return cannotSave(toHttpError(error));
  const refusal = refusalOf(toHttpError(error));
  const isGrantType = error instanceof AppError && error.key === UNSUPPORTED_GRANT_TYPE;
  return isGrantType ? { ...refusal, oauthError: UNSUPPORTED_GRANT_TYPE } : refusal;
}
