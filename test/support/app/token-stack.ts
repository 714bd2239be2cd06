/** The token endpoint on a real database and a real port, without the rest of the product. */

import type { AddressInfo } from 'node:net';
import { createAccess } from '../../../server/access/engine.ts';
import { createGrantStore } from '../../../server/access/grants.ts';
import { createRoleStore } from '../../../server/access/roles.ts';
import { createUserStore } from '../../../server/access/users.ts';
import { createCredentialChecker } from '../../../server/accounts/credentials.ts';
import { createKnownAddresses } from '../../../server/accounts/known-addresses.ts';
import { createPasswordHasher } from '../../../server/accounts/password.ts';
import { createRefreshTokens } from '../../../server/accounts/refresh-tokens.ts';
import { createBus } from '../../../server/bus/bus.ts';
import type { Config } from '../../../server/config/config.ts';
import { createOriginOf } from '../../../server/http/client-address.ts';
import { createDispatcher } from '../../../server/http/dispatch.ts';
import { closeServer, createHttpServer, listen } from '../../../server/http/server.ts';
import { createLogger, type Logger } from '../../../server/log.ts';
import { openDatabase } from '../../../server/storage/database.ts';
import { openKeys } from '../../../server/token/keys.ts';
import { publicKeyRoutes } from '../../../server/token/public-key-routes.ts';
import { createRecentGrants } from '../../../server/token/recent-grants.ts';
import { createRefusals } from '../../../server/token/refusals.ts';
import { createTokenEndpoint } from '../../../server/token/routes.ts';
import { createSigner, type Trial } from '../../../server/token/signer.ts';
import { temporaryFolder } from '../process/tmp.ts';
import { configOf } from './config.ts';

export interface TokenStackOptions {
  readonly registry?: Readonly<Record<string, unknown>>;
  readonly auth?: Readonly<Record<string, unknown>>;
  readonly now?: () => number;
  readonly tryToken?: (token: string) => Promise<Trial>;
  readonly log?: Logger;
}

export const SERVICE = 'registry.test:5000';
export const ISSUER = 'test';
export const PASSWORDS = {
  alice: 'alice: pass',
  viewer: 'viewer-pass',
  root: 'root-pass',
  nobody: 'nobody-pass',
} as const;
export type Person = keyof typeof PASSWORDS;

export function testConfig({ registry = {}, auth = {} }: TokenStackOptions = {}): Config {
  const merged = { name: SERVICE, ...registry, auth: { issuer: ISSUER, ...auth } };
  return configOf({ registry: merged });
}

export async function startTokenStack(options: TokenStackOptions = {}) {
  const folder = await temporaryFolder('token');
  const now = options.now ?? Date.now;
  const log = options.log ?? createLogger('silent');
  const config = testConfig(options);
  const { db, isNew, close } = await openDatabase({ dataPath: folder.path, exclusive: true });
  const keys = await openKeys({ config, confPath: folder.path, dataPath: folder.path, isNew, now, log });
  const tryToken = options.tryToken;
  const bus = createBus(log);
  const signer = createSigner({ keys, config, now, log, bus, ...(tryToken && { tryToken }) });
  const access = createAccess(db);
  const users = createUserStore(db);
  const hasher = createPasswordHasher();
  const credentials = createCredentialChecker({
    access,
    hasher,
    knownAddresses: createKnownAddresses(db, now),
    users,
    now,
    log,
  });
  const refreshTokens = createRefreshTokens(db);
  const refusals = createRefusals(db, { now, log, bus });
  const recentGrants = createRecentGrants({ clock: now, lifetimeSeconds: config.registry.auth.lifetime });
  const endpoint = createTokenEndpoint({
    config,
    publicUrl: 'http://registry.test:8090',
    access,
    credentials,
    refreshTokens,
    signer,
    recentGrants,
    refusals,
    originOf: createOriginOf([]),
    bus,
    now,
    log,
  });
  const plain = new Map([['/api/auth', endpoint], ['/auth/token', endpoint], ...publicKeyRoutes(signer)]);
  const dispatcher = createDispatcher({
    basePath: '',
    handlers: plain,
    fallback: (_request, response) => response.writeHead(404).end(),
    onError: (error) => log.error({ error }, 'unexpected'),
  });
  const server = createHttpServer(dispatcher, null);
  const address: AddressInfo = await listen(server, 0, '127.0.0.1');
  const base = `http://localhost:${address.port}`;
  return {
    base,
    realm: `${base}/api/auth`,
    folder: folder.path,
    ...{ config, db, bus, keys, signer, users, roles: createRoleStore(db), grants: createGrantStore(db), hasher },
    ...{ refusals, recentGrants, credentials, refreshTokens },
    async stop(): Promise<void> {
      await closeServer(server, 100);
      await refusals.flush();
      signer.close();
      keys.close();
      await hasher.close();
      await close();
      await folder.remove();
    },
  };
}
export type TokenStack = Awaited<ReturnType<typeof startTokenStack>>;

/** alice: pull and push on team/*; viewer: pull on team/*; root: admin; nobody: nothing. */
export async function addPeople({ users, roles, grants, hasher }: TokenStack): Promise<void> {
  await roles.ensureBuiltins();
  const writer = await roles.add({ name: 'team-writer', description: '' });
  const rule = { repository: 'team/*', address: '*', canPull: true, canPush: true, canDelete: false };
  await roles.setRules(writer.id, [rule]);
  const reader = await roles.add({ name: 'team-reader', description: '' });
  await roles.setRules(reader.id, [{ ...rule, canPush: false }]);
  const admin = await roles.find('admin');
  const held: Record<Person, number | undefined> = {
    alice: writer.id,
    viewer: reader.id,
    root: admin?.id,
    nobody: undefined,
  };
  for (const [username, password] of Object.entries(PASSWORDS)) {
    const passwordHash = await hasher.hash(password);
    const user = await users.add({ username, passwordHash, mustChangePassword: false, roleIds: [], by: 'test' });
    const roleId = held[username as Person];
    if (roleId !== undefined) await grants.grant({ kind: 'user', id: user.id }, roleId, 'test');
  }
}

export function basic(person: Person): Record<string, string> {
  return basicOf(person, PASSWORDS[person]);
}

export function basicOf(username: string, password: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}

/** The claims of a token, unverified. */
export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

export function headerOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());
}
