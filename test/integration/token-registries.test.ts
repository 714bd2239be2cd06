/** Our tokens against the real registries: every way of signing, on every line of versions. */

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createLogger } from '../../server/log.ts';
import type { Layout } from '../../server/token/keys.ts';
import { createSigner, type Trial } from '../../server/token/signer.ts';
import { quietBus } from '../support/app/bus.ts';
import { addPeople, basic, ISSUER, SERVICE, startTokenStack, type TokenStack } from '../support/app/token-stack.ts';
import { temporaryFolder } from '../support/process/tmp.ts';
import { certificateFor, generateKey, type KeyKind, writePair } from '../support/registry/operator-keys.ts';
import { REGISTRY_VERSIONS, type RunningRegistry, registrySkip, startRegistry } from '../support/registry/registry.ts';

/** What the app does with a token to learn whether the registry takes it. */
function tryAt(url: string): (token: string) => Promise<Trial> {
  return async (token) => {
    const response = await fetch(`${url}/v2/`, { headers: { authorization: `Bearer ${token}` } });
    return response.ok ? 'accepted' : 'refused';
  };
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

interface Case {
  readonly name: string;
  readonly key: KeyKind | 'created';
  readonly certificate: 'ca' | 'plain' | 'bundle-only' | 'none';
  /** By registry version. */
  readonly expected: Readonly<Record<(typeof REGISTRY_VERSIONS)[number], Layout | undefined>>;
}

const everywhere = (layout: Layout) => ({ '2.8.2': layout, '3.0.0': layout, '3.1.1': layout });
const CASES: readonly Case[] = [
  { name: 'a pair of our own', key: 'created', certificate: 'ca', expected: everywhere('leaf-x5c') },
  {
    name: "the operator's RSA key and CA certificate",
    key: 'rsa',
    certificate: 'ca',
    expected: everywhere('leaf-x5c'),
  },
  {
    name: "the operator's P-384 key and CA certificate",
    key: 'p384',
    certificate: 'ca',
    expected: everywhere('leaf-x5c'),
  },
  {
    name: 'an RSA certificate that is no CA',
    key: 'rsa',
    certificate: 'plain',
    expected: everywhere('certificate-x5c'),
  },
  { name: 'an EC certificate that is no CA', key: 'ec', certificate: 'plain', expected: everywhere('certificate-x5c') },
  {
    name: 'an RSA key alone',
    key: 'rsa',
    certificate: 'bundle-only',
    expected: { '2.8.2': 'kid-libtrust', '3.0.0': 'kid-rfc7638', '3.1.1': 'kid-rfc7638' },
  },
  {
    // 3.0.0 gives every P-256 certificate the same wrong name.
    name: 'an EC key alone',
    key: 'ec',
    certificate: 'bundle-only',
    expected: { '2.8.2': 'kid-libtrust', '3.0.0': undefined, '3.1.1': 'kid-rfc7638' },
  },
];

for (const version of REGISTRY_VERSIONS) {
  for (const { name, key, certificate, expected } of CASES) {
    test(`registry ${version} takes ${name}`, { skip: await registrySkip(version) }, async () => {
      const layout = expected[version];
      await withStack({ key, certificate }, async ({ stack, bundle }) => {
        const auth = { realm: stack.realm, service: SERVICE, issuer: ISSUER, rootcertbundle: bundle };
        const registry = await startRegistry({ version, auth });
        try {
          const signer = signerFor(stack, registry.url);
          const status = await signer.probe();
          assert.equal(status.state, layout === undefined ? 'refused' : 'accepted');
          assert.equal(layout ?? status.layout, status.layout);
          const { token } = await signer.sign({ subject: 'alice', access: [] });
          assert.equal(await tryAt(registry.url)(token), layout === undefined ? 'refused' : 'accepted');
          signer.close();
        } finally {
          await registry.stop();
        }
      });
    });
  }
}

function signerFor({ keys, config }: TokenStack, url: string) {
  return createSigner({
    keys,
    config,
    tryToken: tryAt(url),
    now: Date.now,
    log: createLogger('silent'),
    bus: quietBus(),
  });
}

async function withStack(
  { key: kind, certificate }: Pick<Case, 'key' | 'certificate'>,
  work: (given: { stack: TokenStack; bundle: string }) => Promise<void>,
): Promise<void> {
  const folder = await temporaryFolder('keys');
  const bundle = join(folder.path, 'bundle.pem');
  let auth = {};
  if (kind !== 'created') {
    const key = generateKey(kind);
    const pem = await certificateFor(key, { isCa: certificate !== 'plain' });
    const { keyPath, certPath } = await writePair(folder.path, key, pem);
    await writeFile(bundle, pem);
    auth = { key: keyPath, ...(certificate === 'bundle-only' ? {} : { cert: certPath }) };
  }
  const stack = await startTokenStack({ auth });
  try {
    if (kind === 'created') await writeFile(bundle, stack.keys.caPem() ?? '');
    await work({ stack, bundle });
  } finally {
    await stack.stop();
    await folder.remove();
  }
}

for (const version of ['3.0.0', '3.1.1'] as const) {
  for (const kind of ['rsa', 'ec'] as const) {
    const what = kind === 'rsa' ? 'an RSA' : 'an EC';
    test(`registry ${version} with our jwks.json alone takes ${what} key`, {
      skip: await registrySkip(version),
    }, async () => {
      await withStack({ key: kind, certificate: 'ca' }, async ({ stack, bundle }) => {
        await writeFile(bundle, JSON.stringify(await (await fetch(`${stack.realm}/jwks.json`)).json()));
        const auth = { realm: stack.realm, service: SERVICE, issuer: ISSUER, jwks: bundle };
        const registry = await startRegistry({ version, auth });
        const signer = signerFor(stack, registry.url);
        const status = await signer.probe();
        signer.close();
        await registry.stop();
        assert.equal(status.state, 'accepted');
        assert.equal(status.layout, 'kid-rfc7638');
        // The name that 2.x uses works here too, because the file lists the key under both.
        const libtrust = stack.keys.signingKeys().find((key) => key.layout === 'kid-libtrust');
        assert.ok(stack.keys.jwks().keys.some((key) => key.kid === libtrust?.kid));
      });
    });
  }
}

for (const version of REGISTRY_VERSIONS) {
  describe(`registry ${version} and our token endpoint`, { skip: await registrySkip(version) }, () => {
    let clock = 0;
    let stack: TokenStack;
    let registry: RunningRegistry;
    const token = async (query: string, headers: Record<string, string> = basic('alice')): Promise<string> => {
      const response = await fetch(`${stack.realm}?service=${SERVICE}&${query}`, { headers });
      const body = (await response.json()) as { token: string };
      return body.token;
    };
    const call = (path: string, init: RequestInit = {}) => fetch(`${registry.url}${path}`, init);

    before(async () => {
      stack = await startTokenStack({ now: () => Date.now() + clock, auth: { lifetime: 60 } });
      await addPeople(stack);
      const rootcertbundle = join(stack.folder, 'auth.cert');
      const auth = { realm: stack.realm, service: SERVICE, issuer: ISSUER, rootcertbundle };
      registry = await startRegistry({ version, auth });
    });
    after(async () => {
      await registry?.stop();
      await stack?.stop();
    });

    test('a token without access signs in', async () => {
      assert.equal((await call('/v2/', { headers: bearer(await token('')) })).status, 200);
    });
    test('push and pull work where they were granted, and nowhere else', async () => {
      const scope = 'scope=repository:team/app:pull,push';
      const path = '/v2/team/app/blobs/uploads/';
      const pushed = await call(path, { method: 'POST', headers: bearer(await token(scope)) });
      assert.equal(pushed.status, 202);
      const refused = await call(path, { method: 'POST', headers: bearer(await token(scope, basic('viewer'))) });
      assert.equal(refused.status, 401);
      assert.match(refused.headers.get('www-authenticate') ?? '', /insufficient_scope/);
    });
    test('a pull token does not open an upload', async () => {
      const headers = bearer(await token('scope=repository:team/app:pull'));
      const refused = await call('/v2/team/app/blobs/uploads/', { method: 'POST', headers });
      assert.equal(refused.status, 401);
      assert.match(refused.headers.get('www-authenticate') ?? '', /insufficient_scope/);
    });
    test('the catalog opens for an admin only', async () => {
      const scope = 'scope=registry:catalog:*';
      const admin = await call('/v2/_catalog', { headers: bearer(await token(scope, basic('root'))) });
      const member = await call('/v2/_catalog', { headers: bearer(await token(scope)) });
      assert.deepEqual([admin.status, member.status], [200, 401]);
    });
    test('our own calls read the catalog with a token of ours', async () => {
      const headers = bearer(await stack.signer.mint(['registry:catalog:*']));
      assert.equal((await call('/v2/_catalog', { headers })).status, 200);
    });
    test('a token for another service is refused', async () => {
      const { registry } = stack.config;
      const auth = { ...registry.auth, service: 'elsewhere:5000' };
      const config = { ...stack.config, registry: { ...registry, auth } };
      const signer = createSigner({
        keys: stack.keys,
        config,
        now: Date.now,
        log: createLogger('silent'),
        bus: quietBus(),
      });
      const signed = await signer.sign({ subject: 'alice', access: [] });
      const refused = await call('/v2/', { headers: bearer(signed.token) });
      assert.equal(refused.status, 401);
    });
    const skewed = [
      ['a clock 50 s ahead of the registry is no problem', 50, 200],
      ['a token is taken until 60 s after its end', -115, 200],
      ['a token is refused later than that', -125, 401],
    ] as const;
    for (const [name, seconds, status] of skewed) {
      test(name, async () => {
        clock = seconds * 1000;
        const headers = bearer((await stack.signer.sign({ subject: 'alice', access: [] })).token);
        clock = 0;
        assert.equal((await call('/v2/', { headers })).status, status);
      });
    }
  });
}
