/**
 * The configuration of the guides from 2016: their config.yml as it stands, an openssl key alone, the certificate in the
 * registry, notifications without a secret. Only addresses differ, and those come from the environment.
 */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ADMIN_PASSWORD, OUTSIDER, type Person, type RunningApp, startApp } from '../support/app/app.ts';
import {
  assertFailed,
  assertWorked,
  browserOf,
  type ClientUser,
  createClients,
  deleteByPage,
  pageText,
} from '../support/app/walk.ts';
import type { Visitor } from '../support/app/web.ts';
import { eventually } from '../support/process/eventually.ts';
import { freePorts } from '../support/process/ports.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/process/tmp.ts';
import { requireTools, run } from '../support/process/tools.ts';
import { makeLoneKey } from '../support/registry/lone-key.ts';
import { type RegistryVersion, type RunningRegistry, startRegistry } from '../support/registry/registry.ts';

const CONFIG = `registry:
   url: http://registry:5000/v2      # with or without /v2, with or without a trailing slash
   name: registry:5000               # what people type; also the token's audience, unless auth.service says otherwise
   readonly: false                   # true: no deleting through us, and no token with \`delete\`
   auth:
     enabled: true
     key: /conf/auth.key             # PEM private key
     issuer: test                    # equals auth.token.issuer
`;
const WRITER: Person = { username: 'writer', password: 'writer-password-1', roles: ['write-all'] };
const READER: Person = { username: 'reader', password: 'reader-password-1', roles: ['read-all'] };
const ADMIN: Person = { username: 'admin', password: ADMIN_PASSWORD, roles: ['admin'] };
const REFUSED = /unauthorized|denied|401|403|insufficient|invalid username/i;

type KeyFormat = 'PKCS#1' | 'PKCS#8';
const SETUPS: readonly (readonly [RegistryVersion, KeyFormat, layout: string])[] = [
  ['2.8.2', 'PKCS#1', 'kid-libtrust'],
  ['3.1.1', 'PKCS#8', 'kid-rfc7638'],
];

for (const [version, format, layout] of SETUPS) {
  const { skip } = await requireTools(`registry-${version}`, 'skopeo');
  describe(`registry ${version}, ${format} key`, { skip }, () => {
    let folder: TemporaryFolder;
    let registry: RunningRegistry;
    let app: RunningApp;
    let admin: Visitor;
    let clientOf: (person: Person) => Promise<ClientUser>;

    before(async () => {
      folder = await temporaryFolder('old-guide');
      const [appPort = 0, registryPort = 0] = await freePorts(2);
      const { keyPem, certPem } = await makeLoneKey();
      const rootcertbundle = join(folder.path, 'auth.cert');
      await writeFile(rootcertbundle, certPem);
      registry = await startRegistry({
        version,
        port: registryPort,
        auth: {
          realm: `http://localhost:${appPort}/api/auth`,
          service: 'registry:5000',
          issuer: 'test',
          rootcertbundle,
        },
        notifications: { url: `http://localhost:${appPort}/api/notification` },
      });
      app = await startApp({
        port: appPort,
        people: [WRITER, READER],
        env: { SERVER_PORT: String(appPort), REGISTRY_URL: `http://localhost:${registryPort}/v2` },
        prepare: async (conf) => {
          await writeFile(join(conf, 'config.yml'), CONFIG);
          await writeFile(join(conf, 'auth.key'), await inFormat(keyPem, format, folder.path), { mode: 0o600 });
        },
      });
      clientOf = await createClients(registry.host, folder.path);
      admin = await browserOf(app.url, ADMIN);
    });
    after(async () => {
      await app?.stop();
      await registry?.stop();
      await folder?.remove();
    });

    test('login, push and pull; the page names the pusher and counts the pull', async () => {
      const writer = await clientOf(WRITER);
      assertFailed(await (await clientOf({ ...WRITER, password: 'wrong-password' })).login(), REFUSED);
      assertWorked(await writer.login());
      assertWorked(await writer.push('team/app'));
      const page = () => pageText(admin, '/repositories/team/app');
      await eventually('the push is on the page', page, {
        until: (html) => html.includes('>v1</a>') && html.includes('writer'),
      });
      assert.doesNotMatch(await page(), /unconfirmed/);
      const reader = await clientOf(READER);
      assertWorked(await reader.login());
      assertWorked(await reader.pull('team/app'));
      await eventually('the pull is counted', page, { until: (html) => /<td>1\s*</.test(html) });
      const events = await pageText(admin, '/events');
      for (const name of ['writer', 'reader']) assert.match(events, new RegExp(name));
      assert.doesNotMatch(events, /unconfirmed/);
    });

    test('who may only read is refused the push, and the page says what was missing', async () => {
      const reader = await clientOf(READER);
      assertWorked(await reader.login());
      assertFailed(await reader.push('team/other'), REFUSED);
      const html = await pageText(admin, '/events/refused');
      assert.match(html, /team\/<[^>]*>.*other|team\/other/s);
      assert.match(html, /reader/);
    });

    test('who holds nothing sees and pulls nothing', async () => {
      const outsider = await clientOf(OUTSIDER);
      assertWorked(await outsider.login());
      assertFailed(await outsider.pull('team/app'), REFUSED);
      const visitor = await browserOf(app.url, OUTSIDER);
      for (const path of ['/', '/repositories', '/events']) {
        assert.doesNotMatch(await pageText(visitor, path), /team/, path);
      }
      for (const path of ['/repositories/team/app', '/repositories/team/app:v1']) {
        const hidden = await visitor.request(path);
        const missing = await visitor.request('/repositories/no/such');
        assert.deepEqual([hidden.status, missing.status], [404, 404], path);
      }
      for (const path of ['/users', '/roles', '/status']) {
        assert.equal((await visitor.request(path)).status, 403, path);
      }
    });

    test('deleting a tag and taking it back', async () => {
      const reader = await clientOf(READER);
      const undo = await deleteByPage(admin, 'team/app:v1');
      assertFailed(await reader.pull('team/app'), /unknown|not found/i);
      assert.equal((await admin.request('/repositories/team/app:v1')).status, 404);
      assert.equal((await admin.post(undo, {})).status, 303);
      assertWorked(await reader.pull('team/app'));
      assert.match(await pageText(admin, '/repositories/team/app'), />v1<\/a>/);
    });

    test(`the status page finds nothing wrong with the tokens, named by ${layout}`, async () => {
      const html = await pageText(admin, '/status');
      assert.match(html, new RegExp(layout));
      assert.doesNotMatch(html, /The registry refuses tokens/);
    });

    test('the key file is as it was', async () => {
      const kept = await readFile(join(app.confPath, 'auth.key'), 'utf8');
      assert.match(kept, format === 'PKCS#1' ? /BEGIN RSA PRIVATE KEY/ : /BEGIN PRIVATE KEY/);
      assert.equal(await readFile(join(app.confPath, 'config.yml'), 'utf8'), CONFIG);
    });
  });
}

/** openssl 3 writes PKCS#8; the one of 2016 wrote PKCS#1. */
async function inFormat(pem: string, format: KeyFormat, folder: string): Promise<string> {
  if (format === 'PKCS#8') return pem;
  const file = join(folder, 'any.key');
  await writeFile(file, pem);
  return (await run('openssl', ['rsa', '-in', file, '-traditional'])).stdout;
}
