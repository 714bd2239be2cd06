/** The operator's certificate runs out, before the start or while we run: nothing ends, and everybody is told. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ADMIN_PASSWORD, type AppOptions, MEMBER, startApp } from '../support/app/app.ts';
import { movableClock } from '../support/app/skewed-app.ts';
import { headerOf } from '../support/app/token-stack.ts';
import { browserOf } from '../support/app/walk.ts';
import { eventually } from '../support/process/eventually.ts';
import { freePorts } from '../support/process/ports.ts';
import { certificateFor, generateKey, writePair } from '../support/registry/operator-keys.ts';
import { REGISTRY_VERSIONS, type RegistryVersion, registrySkip, startRegistry } from '../support/registry/registry.ts';

const DAY_MS = 86_400_000;
const ADMIN = { username: 'admin', password: ADMIN_PASSWORD };

interface Given {
  readonly version: RegistryVersion;
  readonly notAfter: number;
  readonly header?: string;
  readonly options?: AppOptions;
}

/** With a CA certificate as `openssl req -x509` makes it, and a registry that trusts it. */
async function start(t: TestContext, { version, notAfter, header = 'auto', options = {} }: Given) {
  const [port = 0, registryPort = 0] = await freePorts(2);
  const service = `localhost:${registryPort}`;
  // 3.0.0 derives wrong names for EC keys, so that it knows those by their certificate only.
  const key = generateKey('rsa');
  const dates = { notBefore: new Date(notAfter - 30 * DAY_MS), notAfter: new Date(notAfter) };
  const certificate = await certificateFor(key, { isCa: true, ...dates });
  const auth = { issuer: 'test', key: 'operator.key', cert: 'operator.cert', token_header: header };
  const app = await startApp({
    ...options,
    port,
    config: { registry: { url: `http://127.0.0.1:${registryPort}`, name: service, auth } },
    prepare: async (confPath) => void (await writePair(confPath, key, certificate)),
  });
  t.after(app.stop);
  const realm = `${app.url}/api/auth`;
  const rootcertbundle = join(app.confPath, 'operator.cert');
  const registry = await startRegistry({
    version,
    port: registryPort,
    auth: { realm, service, issuer: 'test', rootcertbundle },
  });
  t.after(registry.stop);

  async function ask(): Promise<{ readonly status: number; readonly text: string; readonly token: string }> {
    const authorization = `Basic ${btoa(`${MEMBER.username}:${MEMBER.password}`)}`;
    const response = await fetch(`${realm}?service=${service}&scope=repository:team/app:pull,push`, {
      headers: { authorization },
    });
    const text = await response.text();
    return { status: response.status, text, token: response.ok ? String(JSON.parse(text).token) : '' };
  }
  const isAccepted = async (): Promise<boolean> => {
    const { token } = await ask();
    const headers = { authorization: `Bearer ${token}` };
    return (
      token !== '' &&
      (await fetch(`http://${service}/v2/team/app/blobs/uploads/`, { method: 'POST', headers })).status === 202
    );
  };
  return { app, ask, isAccepted };
}

async function assertSaid(url: string): Promise<void> {
  const page = await (await browserOf(url, ADMIN)).request('/status');
  assert.equal(page.status, 200);
  assert.match(await page.text(), /openssl req -x509[^<]*-key [^<]*operator\.key[^<]*-out [^<]*operator\.cert/);
}

for (const version of REGISTRY_VERSIONS) {
  const skip = await registrySkip(version);
  test(`registry ${version}: a start with a certificate that ran out signs without it`, { skip }, async (t) => {
    const { app, ask, isAccepted } = await start(t, { version, notAfter: Date.now() - DAY_MS });
    await eventually('a token of ours is accepted', isAccepted);
    assert.equal(headerOf((await ask()).token).x5c, undefined);
    await assertSaid(app.url);
  });
}

const skip = await registrySkip('3.1.1');
// A token needs two minutes of its certificate; registries forgive a minute that clocks differ.
const SOON_MS = 150_000;
const STEP_MS = 50_000;

test('a certificate that runs out while we run is left out from then on', { skip }, async (t) => {
  const clock = await movableClock();
  t.after(clock.remove);
  const given = { version: '3.1.1', notAfter: Date.now() + SOON_MS, options: clock.options } as const;
  const { app, ask, isAccepted } = await start(t, given);
  await clock.set(app, STEP_MS);
  await eventually('a token of ours is accepted', isAccepted);
  assert.equal(headerOf((await ask()).token).x5c, undefined);
  assert.equal((await fetch(`${app.url}/readyz`)).status, 200);
});

test('where the registry shall get a certificate, tokens are refused with the reason and the rest works', {
  skip,
}, async (t) => {
  const { app, ask } = await start(t, { version: '3.1.1', notAfter: Date.now() - DAY_MS, header: 'x5c' });
  const { status, text } = await ask();
  assert.equal(status, 503);
  assert.match(text, /certificate of the signing key has expired/);
  await assertSaid(app.url);
  const event = await fetch(`${app.url}/api/notification`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.docker.distribution.events.v1+json' },
    body: JSON.stringify({ events: [] }),
  });
  assert.ok(event.ok, `${event.status}`);
  await app.halt();
  await app.resume();
  assert.equal((await ask()).status, 503);
});
