/** The token endpoint on a real database and a real port, without the rest of the product. */

import type { AddressInfo } from 'node:net';
import { createCore } from '../../../server/app/core.ts';
import { createTokenSide } from '../../../server/app/token.ts';
import type { Config } from '../../../server/config/config.ts';
import { createDispatcher } from '../../../server/http/dispatch.ts';
import { closeServer, createHttpServer, listen } from '../../../server/http/server.ts';
import { createLogger, type Logger } from '../../../server/log.ts';
import { openDatabase } from '../../../server/storage/database.ts';
import { temporaryFolder } from '../process/tmp.ts';
import { configOf } from './config.ts';

export interface TokenStackOptions {
  readonly registry?: Readonly<Record<string, unknown>>;
  readonly auth?: Readonly<Record<string, unknown>>;
  readonly now?: () => number;
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

export function testConfig({ registry = {}, auth = {} }: TokenStackOptions = {}, others: object = {}): Config {
  const merged = { name: SERVICE, ...registry, auth: { issuer: ISSUER, ...auth } };
  return configOf({ ...others, registry: merged });
}

export async function startTokenStack(options: TokenStackOptions = {}) {
  const folder = await temporaryFolder('token');
  const now = options.now ?? Date.now;
  const log = options.log ?? createLogger('silent');
  const config = testConfig(options, {
    server: { public_url: 'http://registry.test:8090' },
    data: { path: folder.path },
  });
  const opened = await openDatabase({ dataPath: folder.path, exclusive: true });
  const core = await createCore({ config, opened, log, now });
  const token = await createTokenSide({ core, config, opened, log, now, keyFolder: folder.path });
  const { keys, signer } = token;
  if (keys === undefined || signer === undefined) throw new Error('Tokens are switched off');
  const dispatcher = createDispatcher({
    basePath: '',
    handlers: token.handlers,
    fallback: (_request, response) => response.writeHead(404).end(),
    onError: (error) => log.error({ error }, 'unexpected'),
  });
  const server = createHttpServer(dispatcher, null);
  const address: AddressInfo = await listen(server, 0, '127.0.0.1');
  const base = `http://localhost:${address.port}`;
  return {
    ...core,
    ...{ base, realm: `${base}/api/auth`, folder: folder.path },
    ...{ config, db: opened.db, keys, signer, refusals: token.refusals, recentGrants: token.recentGrants },
    async stop(): Promise<void> {
      await closeServer(server, 100);
      await token.stop();
      await core.hasher.close();
      await core.reader.close();
      await opened.close();
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
