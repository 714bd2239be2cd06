/** Key files as a start finds them: made, kept, renewed, and every way in which they can be wrong. */

import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { StartError } from '../../server/errors.ts';
import { createLogger } from '../../server/log.ts';
import { keyFolderOf } from '../../server/token/key-pair.ts';
import { type Keys, openKeys } from '../../server/token/keys.ts';
import { createSigner } from '../../server/token/signer.ts';
import { quietBus } from '../support/app/bus.ts';
import { configOf } from '../support/app/config.ts';
import { claimsOf, headerOf, testConfig } from '../support/app/token-stack.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/process/tmp.ts';
import { certificateFor, generateKey, type KeyKind, pemOf, writePair } from '../support/registry/operator-keys.ts';

const DAY_MS = 86_400_000;
let folder: TemporaryFolder;
let clock = 0;
let lines: string[] = [];
const opened: Keys[] = [];
const now = () => Date.now() + clock;

beforeEach(async () => {
  folder = await temporaryFolder('keys');
  clock = 0;
  lines = [];
});
afterEach(async () => {
  for (const keys of opened.splice(0)) keys.close();
  await folder.remove();
});

const at = (...names: string[]) => join(folder.path, ...names);

async function open(auth: Record<string, unknown> = {}, isNew = true): Promise<Keys> {
  const log = createLogger('info', { write: (line: string) => void lines.push(line) });
  const config = testConfig({ auth });
  const keys = await openKeys({ config, confPath: at('conf'), dataPath: at('data'), isNew, now, log });
  opened.push(keys);
  return keys;
}

function signerOf(keys: Keys, auth: Record<string, unknown> = {}) {
  return createSigner({ keys, config: testConfig({ auth }), now, log: createLogger('silent'), bus: quietBus() });
}

const leafOf = (keys: Keys) => keys.signingKeys().find((key) => key.layout === 'leaf-x5c');
const certificateOf = (keys: Keys) => new X509Certificate(Buffer.from(leafOf(keys)?.x5c?.[0] ?? '', 'base64'));

async function refuses(auth: Record<string, unknown>, reason: RegExp, isNew = true): Promise<void> {
  await assert.rejects(open(auth, isNew), (error) => {
    assert.ok(error instanceof StartError);
    assert.equal(error.exitCode, 78);
    assert.equal(error.reasons.length, 1);
    assert.match(error.reasons[0] ?? '', reason);
    return true;
  });
}

/** Root reads everything, so it steps down for a moment. */
async function asOrdinaryUser(work: () => Promise<void>): Promise<void> {
  if (process.getuid?.() !== 0) return work();
  await chmod(folder.path, 0o755);
  process.seteuid?.(65_534);
  try {
    await work();
  } finally {
    process.seteuid?.(0);
  }
}

describe('a new installation', () => {
  test('makes a P-256 CA whose key only we can read', async () => {
    const keys = await open();
    assert.equal(keys.source, 'created');
    assert.equal((await stat(at('conf', 'auth.key'))).mode & 0o777, 0o600);
    const ca = new X509Certificate(await readFile(at('conf', 'auth.cert')));
    const key = createPrivateKey(await readFile(at('conf', 'auth.key')));
    assert.ok(ca.ca && ca.checkPrivateKey(key));
    assert.equal(key.asymmetricKeyDetails?.namedCurve, 'prime256v1');
    assert.equal(keys.caPem(), ca.toString());
  });
  test('signs with a leaf certificate that is valid since an hour, for 30 days', async () => {
    const keys = await open();
    const leaf = certificateOf(keys);
    assert.equal(leaf.ca, false);
    assert.ok(Date.parse(leaf.validFrom) <= Date.now() - 3_590_000);
    assert.ok(Math.abs(Date.parse(leaf.validTo) - Date.now() - 30 * DAY_MS) < 60_000);
    assert.ok(leaf.checkIssued(new X509Certificate(keys.caPem() ?? '')));
    assert.equal((await stat(at('data', 'token', 'leaf.pem'))).mode & 0o777, 0o600);
  });
  test('the second start signs with the same leaf, without making anything', async () => {
    const first = leafOf(await open())?.x5c;
    const second = leafOf(await open({}, false))?.x5c;
    assert.deepEqual(second, first);
  });
  test('a pair in a folder of an earlier installation is used', async () => {
    const first = await open();
    await rm(at('data'), { recursive: true });
    assert.equal((await open()).caPem(), first.caPem());
  });
  test("a pair of ours is never made beside the operator's file, but one made there before stays", async () => {
    const folderOf = (url: string | null, isOperatorFile: boolean) => {
      const config = configOf({ registry: { url }, data: { path: at('data') } });
      return keyFolderOf({ config, configFolder: at('conf'), isOperatorFile });
    };
    assert.equal(folderOf(null, false), at('conf'));
    assert.equal(folderOf('http://registry:5000', false), at('data'));
    assert.equal(folderOf(null, true), at('data'));
    await open();
    assert.equal(folderOf('http://registry:5000', true), at('conf'));
    const other = await certificateFor(generateKey('ec'), { isCa: true });
    await writeFile(at('conf', 'auth.cert'), other);
    assert.equal(folderOf('http://registry:5000', true), at('data'), 'a pair of the operator is none of ours');
  });
  test('a lost key stops the start instead of locking every registry out', async () => {
    await open();
    await rm(at('conf', 'auth.key'));
    await refuses({}, /auth\.key is missing.*backup/, false);
    await open({}, true);
  });
  test('an old database without a key gets one', async () => {
    assert.equal((await open({}, false)).source, 'created');
  });
  test('a key without its certificate, unnamed, is not guessed at', async () => {
    await mkdir(at('conf'));
    await writeFile(at('conf', 'auth.key'), pemOf(generateKey('rsa')), { mode: 0o600 });
    await refuses({}, /Set registry\.auth\.key to/);
  });
  test('a broken leaf is made anew', async () => {
    const first = leafOf(await open())?.x5c;
    await writeFile(at('data', 'token', 'leaf.pem'), 'nonsense');
    assert.notDeepEqual(leafOf(await open({}, false))?.x5c, first);
  });
});

/** An operator's CA with these dates. */
async function operatorPair(notAfter: Date, notBefore = new Date(Date.now() - DAY_MS)) {
  const key = generateKey('ec');
  const certificate = await certificateFor(key, { isCa: true, notBefore, notAfter });
  const { keyPath, certPath } = await writePair(folder.path, key, certificate);
  return { key: keyPath, cert: certPath };
}

describe('rotation', () => {
  test('a leaf of 20 days gets a successor while running, and the old one stays valid', async () => {
    const keys = await open();
    const first = certificateOf(keys);
    clock = 19 * DAY_MS;
    await keys.renew();
    assert.equal(certificateOf(keys).raw.toString('hex'), first.raw.toString('hex'));
    clock = 20 * DAY_MS + 1000;
    await keys.renew();
    const second = certificateOf(keys);
    assert.notEqual(second.serialNumber, first.serialNumber);
    assert.ok(Date.parse(first.validTo) > now() + 9 * DAY_MS);
    assert.ok(Date.parse(second.validFrom) <= now() - 3_590_000);
    const { token } = await signerOf(keys).sign({ subject: 'alice', access: [] });
    assert.equal((headerOf(token)['x5c'] as string[])[0], second.raw.toString('base64'));
  });
  test('a leaf outlives the last token even with very long lifetimes', async () => {
    const keys = await open({ lifetime: '40d' });
    assert.ok(Date.parse(certificateOf(keys).validTo) > now() + 60 * DAY_MS);
  });
  test('no token outlives its certificate, and none is signed after it', async () => {
    const auth = { ...(await operatorPair(new Date(Date.now() + 30 * DAY_MS))), token_header: 'x5c' };
    const signer = signerOf(await open(auth), auth);
    clock = 30 * DAY_MS - 5 * 60_000;
    const { token, expiresInSeconds } = await signer.sign({ subject: '', access: [] });
    assert.ok(expiresInSeconds >= 60 && expiresInSeconds <= 240);
    const { exp, iat } = claimsOf(token) as Record<string, number>;
    assert.equal(Number(exp) - Number(iat), expiresInSeconds);
    clock = 31 * DAY_MS;
    await assert.rejects(signer.sign({ subject: '', access: [] }), { code: 'UNAVAILABLE', key: 'certificate_ran_out' });
  });
  for (const [name, days] of [
    ['weeks forward', 40],
    ['back before it was made', -7],
  ] as const) {
    test(`the clock jumps ${name}: the next token carries a leaf that is good then`, async () => {
      const pair = await operatorPair(new Date(Date.now() + 365 * DAY_MS), new Date(Date.now() - 30 * DAY_MS));
      const keys = await open(pair);
      const signer = signerOf(keys, pair);
      const before = leafOf(keys)?.x5c;
      clock = days * DAY_MS;
      const request = { subject: '', access: [] };
      const [one, other] = await Promise.all([signer.sign(request), signer.sign(request)]);
      const [carried] = headerOf(one.token).x5c as string[];
      const leaf = new X509Certificate(Buffer.from(carried ?? '', 'base64'));
      assert.notEqual(carried, before?.[0]);
      assert.ok(Date.parse(leaf.validFrom) <= now() && now() < Date.parse(leaf.validTo));
      assert.deepEqual(headerOf(other.token).x5c, [carried], 'both waited for the same');
    });
  }
  test('a leaf that cannot be kept signs all the same', async () => {
    const keys = await open();
    await rm(at('data', 'token'), { recursive: true });
    await writeFile(at('data', 'token'), 'no folder');
    clock = 40 * DAY_MS;
    assert.ok((await signerOf(keys).sign({ subject: '', access: [] })).token);
    assert.match(lines.join(''), /could not be stored/);
  });
  test('a certificate that has expired is left out, and the key signs by its name', async () => {
    const auth = await operatorPair(new Date(Date.now() - DAY_MS), new Date(Date.now() - 2 * DAY_MS));
    const { token } = await signerOf(await open(auth), auth).sign({ subject: '', access: [] });
    assert.equal(headerOf(token).x5c, undefined);
  });
  test('during a change of the CA both are handed out', async () => {
    const [old, fresh] = [generateKey('rsa'), generateKey('ec')];
    const [oldPem, freshPem] = await Promise.all([old, fresh].map((key) => certificateFor(key, { isCa: true })));
    const { keyPath, certPath } = await writePair(folder.path, fresh, `${oldPem}${freshPem}`);
    const keys = await open({ key: keyPath, cert: certPath });
    assert.equal(keys.caPem()?.match(/BEGIN CERTIFICATE/g)?.length, 2);
    assert.deepEqual(new Set(keys.jwks().keys.map((key) => key.kty)), new Set(['EC', 'RSA']));
    assert.ok(keys.jwks().keys.every((key) => key.d === undefined));
    assert.equal(leafOf(keys)?.algorithm, 'ES256');
  });
});

describe("the operator's files", () => {
  test('a key and its CA certificate sign through a P-256 leaf', async () => {
    const key = generateKey('rsa', 4096);
    const { keyPath, certPath } = await writePair(folder.path, key, await certificateFor(key, { isCa: true }));
    const keys = await open({ key: keyPath, cert: certPath });
    assert.deepEqual([keys.source, leafOf(keys)?.algorithm], ['ca', 'ES256']);
  });
  test('an intermediate CA goes along with its leaf', async () => {
    const [root, key] = [generateKey('ec'), generateKey('ec')];
    const rootPem = await certificateFor(root, { isCa: true, name: 'CN=root' });
    const issuer = { key: root, pem: rootPem };
    const pem = await certificateFor(key, { isCa: true, name: 'CN=between', issuer });
    const { keyPath, certPath } = await writePair(folder.path, key, `${rootPem}${pem}`);
    assert.equal(leafOf(await open({ key: keyPath, cert: certPath }))?.x5c?.length, 2);
  });
  test('a certificate that is no CA signs itself', async () => {
    const key = generateKey('ec');
    const { keyPath, certPath } = await writePair(folder.path, key, await certificateFor(key, { isCa: false }));
    const keys = await open({ key: keyPath, cert: certPath });
    const layouts = keys.signingKeys().map(({ layout }) => layout);
    assert.deepEqual([keys.source, ...layouts], ['certificate', 'certificate-x5c', 'kid-rfc7638', 'kid-libtrust']);
  });
  test('a key alone signs with a kid, in the libtrust form at first', async () => {
    const { keyPath } = await writePair(folder.path, generateKey('rsa'));
    const keys = await open({ key: keyPath });
    assert.deepEqual([keys.source, keys.caPem()], ['key', undefined]);
    const { token } = await signerOf(keys).sign({ subject: '', access: [] });
    assert.match(String(headerOf(token)['kid']), /^([A-Z2-7]{4}:){11}[A-Z2-7]{4}$/);
    assert.equal(headerOf(token)['alg'], 'RS256');
  });
  const headers = [
    ['x5c', undefined],
    ['kid-rfc7638', /^[\w-]{43}$/],
    ['kid-libtrust', /^[A-Z2-7]{4}:/],
  ] as const;
  for (const [header, kid] of headers) {
    test(`the setting token_header ${header} is obeyed`, async () => {
      const auth = { token_header: header };
      const { token } = await signerOf(await open(), auth).sign({ subject: '', access: [] });
      assert.equal(headerOf(token)['x5c'] === undefined, kid !== undefined);
      if (kid !== undefined) assert.match(String(headerOf(token)['kid']), kid);
    });
  }
  test('a missing key is refused', () => refuses({ key: at('none.key') }, /none\.key does not exist/));
  test('a missing key is not made, whatever the database says', async () => {
    await refuses({ key: at('none.key') }, /does not exist/, true);
    await assert.rejects(stat(at('none.key')));
  });
  test('a folder in place of the key is refused', () => refuses({ key: folder.path }, /is a folder/));
  test('an empty key file is refused', async () => {
    await writeFile(at('a.key'), '\n');
    await refuses({ key: at('a.key') }, /a\.key.*is empty/);
  });
  test('a file without a key is refused', async () => {
    await writeFile(at('a.key'), 'hello');
    await refuses({ key: at('a.key') }, /holds no PEM private key/);
  });
  test('an encrypted key is refused', async () => {
    const pem = generateKey('ec').export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' });
    await writeFile(at('a.key'), pem);
    await refuses({ key: at('a.key') }, /passphrase.*openssl pkey/);
  });
  const kinds: readonly (readonly [KeyKind, RegExp])[] = [
    ['weak-rsa', /has 1024 bits/],
    ['ed25519', /Ed25519 key: registry 2\.x stops/],
    ['secp256k1', /do not verify/],
  ];
  for (const [kind, reason] of kinds) {
    test(`a ${kind} key is refused`, async () => {
      await writeFile(at('a.key'), pemOf(generateKey(kind)));
      await refuses({ key: at('a.key') }, reason);
    });
  }
  test('an unreadable key is refused with the command that makes it readable', async () => {
    await writeFile(at('a.key'), pemOf(generateKey('ec')), { mode: 0o000 });
    await asOrdinaryUser(() => refuses({ key: at('a.key') }, /chown \d+ .*a\.key/));
  });
  test('a folder in which no pair can be made is refused', async () => {
    await mkdir(at('conf'), { mode: 0o500 });
    await asOrdinaryUser(() => refuses({}, /cannot be created in .*conf by uid/));
  });
  test('a certificate for another key is refused', async () => {
    const pem = await certificateFor(generateKey('ec'), { isCa: true });
    const { keyPath, certPath } = await writePair(folder.path, generateKey('ec'), pem);
    await refuses({ key: keyPath, cert: certPath }, /belongs to another key/);
  });
  test('a certificate file without a certificate is refused', async () => {
    const { keyPath, certPath } = await writePair(folder.path, generateKey('ec'), 'hello');
    await refuses({ key: keyPath, cert: certPath }, /holds no PEM certificate/);
  });
  test('a certificate without its key is refused', () =>
    refuses({ cert: at('a.cert') }, /without registry\.auth\.key/));
  test('an expired certificate is a warning, and tokens are signed with a kid', async () => {
    const key = generateKey('rsa');
    const notAfter = new Date(Date.now() - DAY_MS);
    const pem = await certificateFor(key, { isCa: true, notBefore: new Date(Date.now() - 2 * DAY_MS), notAfter });
    const { keyPath, certPath } = await writePair(folder.path, key, pem);
    const auth = { key: keyPath, cert: certPath };
    const keys = await open(auth);
    assert.ok(lines.some((line) => line.includes('has expired') && line.includes('"warn"')));
    assert.equal(signerOf(keys).status().certificateExpiresSoon, true);
    const { token } = await signerOf(keys, { token_header: 'kid-libtrust' }).sign({ subject: '', access: [] });
    assert.equal(headerOf(token)['alg'], 'RS256');
  });
  test('a world-readable key is accepted with a warning', async () => {
    const { keyPath } = await writePair(folder.path, generateKey('ec'));
    await chmod(keyPath, 0o644);
    await open({ key: keyPath });
    assert.ok(lines.some((line) => line.includes(`chmod 600 ${keyPath}`)));
  });
});
