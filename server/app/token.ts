/** Keys, signer, token endpoint, and the client of the registry that uses our own tokens. */

import { monotonic } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { PlainHandler } from '../http/dispatch.ts';
import { createRegistryClient, type RegistryClient } from '../registry/client/client.ts';
import type { OpenedDatabase } from '../storage/database.ts';
import { type Keys, openKeys } from '../token/keys.ts';
import { publicKeyRoutes } from '../token/public-key-routes.ts';
import { createRecentGrants } from '../token/recent-grants.ts';
import { createRefusals } from '../token/refusals.ts';
import { createTokenEndpoint } from '../token/routes.ts';
import { createSigner, type Signer, type Trial } from '../token/signer.ts';
import type { AppOptions, Core } from './core.ts';

export type TokenSide = Awaited<ReturnType<typeof createTokenSide>>;

export interface TokenSideOptions extends Pick<AppOptions, 'config' | 'keyFolder' | 'log' | 'now'> {
  readonly core: Core;
  readonly opened: Pick<OpenedDatabase, 'db' | 'isNew'>;
}

export async function createTokenSide({ core, ...options }: TokenSideOptions) {
  const { config, keyFolder, opened, log, now } = options;
  const { bus } = core;
  const keys = config.registry.auth.enabled
    ? await openKeys({ config, confPath: keyFolder, dataPath: config.data.path, isNew: opened.isNew, now, log })
    : undefined;
  const recentGrants = createRecentGrants({ clock: monotonic, lifetimeSeconds: config.registry.auth.lifetime });
  const refusals = createRefusals(opened.db, { now, log, bus });
  const signer = keys && createSigner({ keys, config, tryToken: (token) => tryToken(client, token), now, log, bus });
  const mint = async (scopes: readonly string[]) => (asksForBasic(config) ? undefined : signer?.mint(scopes));
  const client = createRegistryClient({
    config,
    token: mint,
    onTokenRefused: async () => signer?.reportRefused(),
    log,
    now,
  });
  const handlers = new Map<string, PlainHandler>();
  if (signer !== undefined) {
    const { access, credentials, refreshTokens, originOf, publicUrl } = core;
    const deps = {
      config,
      publicUrl,
      access,
      credentials,
      refreshTokens,
      signer,
      recentGrants,
      refusals,
      originOf,
      bus,
      now,
      log,
    };
    const endpoint = createTokenEndpoint(deps);
    for (const path of ['/api/auth', '/auth/token']) handlers.set(path, endpoint);
    for (const [path, handler] of publicKeyRoutes(signer)) handlers.set(path, handler);
  }
  return {
    keys,
    signer,
    mint,
    client,
    recentGrants,
    refusals,
    handlers,
    stop: () => stop(keys, signer, client, refusals.flush),
  };
}

async function stop(
  keys: Keys | undefined,
  signer: Signer | undefined,
  client: RegistryClient,
  flush: () => Promise<void>,
): Promise<void> {
  signer?.close();
  keys?.close();
  await flush();
  client.close();
}

/** Whether the registry is configured with a password (`htpasswd`) instead of tokens. */
function asksForBasic({ registry }: Config): boolean {
  return registry.basic_auth !== null;
}

async function tryToken(client: RegistryClient, token: string): Promise<Trial> {
  try {
    const ping = await client.ping({ token });
    return ping.accepted ? 'accepted' : 'refused';
  } catch {
    return 'unreachable';
  }
}
