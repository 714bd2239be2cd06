/** What a start says and how it ends when something is wrong with what the operator gave us: the real process each time. */
import assert from 'node:assert/strict';
import { chmod, chown, mkdir, stat, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import SqliteDatabase from 'better-sqlite3';
import { stringify } from 'yaml';
import { ADMIN_PASSWORD, startApp } from '../support/app/app.ts';
import { createVisitor } from '../support/app/web.ts';
import { freePort } from '../support/process/ports.ts';
import { startProcess } from '../support/process/process.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/process/tmp.ts';
import { run } from '../support/process/tools.ts';
import { certificateFor, generateKey, pemOf } from '../support/registry/operator-keys.ts';

const PROJECT = join(import.meta.dirname, '..', '..');
const OTHER_USER = 1000;
const isRoot = process.getuid?.() === 0;
const REGISTRY_URL = 'http://127.0.0.1:9';

/** Each test has a folder with `conf/` of its own. */
interface Place {
  readonly conf: string;
  readonly data: string;
}

interface Ending {
  readonly code: number | null;
  readonly output: string;
}

interface StartOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly asOtherUser?: boolean;
}

let folder: TemporaryFolder;
let places = 0;
before(async () => {
  folder = await temporaryFolder('start');
  // Another user has to come through.
  await chmod(folder.path, 0o755);
});
after(() => folder.remove());

async function newPlace(): Promise<Place> {
  places += 1;
  const path = join(folder.path, String(places));
  const place = { conf: join(path, 'conf'), data: join(path, 'data') };
  await mkdir(place.conf, { recursive: true });
  return place;
}

/** The old guide's settings, with a key that is there unless the test does something to it. */
function settings(auth: object = {}, others: object = {}): object {
  return {
    registry: { url: REGISTRY_URL, name: 'registry:5000', auth: { key: 'auth.key', issuer: 'test', ...auth } },
    server: { host: '127.0.0.1', port: 0 },
    data: { path: '../data' },
    ...others,
  };
}

/** Runs the server until it ends by itself. */
async function startAndFail(place: Place, content: object | string, options: StartOptions = {}): Promise<Ending> {
  await writeFile(join(place.conf, 'config.yml'), typeof content === 'string' ? content : stringify(content));
  if (options.asOtherUser) await run('chown', [`${OTHER_USER}`, place.conf]);
  const env = { PATH: process.env['PATH'], HOME: folder.path, CONFIG_PATH: join(place.conf, 'config.yml') };
  const running = startProcess(process.execPath, ['--import', 'tsx', 'server/main.ts'], {
    cwd: PROJECT,
    account: options.asOtherUser ? { uid: OTHER_USER, gid: OTHER_USER } : undefined,
    env: { ...env, REGISTRY_WEB_CONTAINER: '0', ...options.env },
  });
  const timer = setTimeout(() => running.child.kill('SIGKILL'), 30_000);
  const code = await new Promise<number | null>((resolve) => running.child.once('close', resolve));
  clearTimeout(timer);
  return { code, output: running.output() };
}

/** One sentence for a person, and nothing for a programmer. */
function assertRefused({ code, output }: Ending, expectedCode: number, ...messages: readonly RegExp[]): void {
  const sentences = output.split('\n').filter((line) => line.startsWith('Registry Web cannot start: '));
  assert.equal(code, expectedCode, output);
  assert.equal(sentences.length, messages.length, output);
  for (const message of messages) {
    assert.ok(
      sentences.some((line) => message.test(line)),
      `${message} in ${output}`,
    );
  }
  assert.doesNotMatch(output, /\n\s+at |node:internal|Error:/);
}

async function writeKey(place: Place, text: string, mode = 0o600): Promise<void> {
  await writeFile(join(place.conf, 'auth.key'), text);
  await chmod(join(place.conf, 'auth.key'), mode);
}

describe('the signing key', () => {
  const key = pemOf(generateKey('rsa'));
  const cases: readonly (readonly [name: string, prepare: (place: Place) => Promise<void>, message: RegExp])[] = [
    ['missing', async () => {}, /registry\.auth\.key: \S+auth\.key does not exist/],
    ['empty', (place) => writeKey(place, ''), /auth\.key .*is empty/],
    ['no key at all', (place) => writeKey(place, 'hello\n'), /auth\.key holds no PEM private key/],
    ['a folder', async (place) => void (await mkdir(join(place.conf, 'auth.key'))), /auth\.key is a folder/],
    ['under a passphrase', encryptedKey, /passphrase.*openssl pkey/],
    ['too weak', (place) => writeKey(place, pemOf(generateKey('weak-rsa'))), /1024 bits/],
  ];
  for (const [name, prepare, message] of cases) {
    test(`${name}: exit 78 and one sentence`, async () => {
      const place = await newPlace();
      await prepare(place);
      assertRefused(await startAndFail(place, settings()), 78, message);
    });
  }

  async function encryptedKey(place: Place): Promise<void> {
    const file = join(place.conf, 'auth.key');
    await run('openssl', ['genpkey', '-algorithm', 'RSA', '-aes256', '-pass', 'pass:secret', '-out', file]);
  }

  test('owned by root, as openssl leaves it: the line that makes it ours', {
    skip: !isRoot && 'needs root',
  }, async () => {
    const place = await newPlace();
    await writeKey(place, key);
    await chown(join(place.conf, 'auth.key'), 0, 0);
    await mkdir(place.data);
    await chown(place.data, OTHER_USER, OTHER_USER);
    const ending = await startAndFail(place, settings(), { asOtherUser: true });
    assertRefused(ending, 78, /auth\.key .*chown 1000/);
  });

  for (const [where, env, remedies] of [
    ['a checkout', {}, [/auth\.key .*Run: chown 1000/, /data\.path: .*Run: chown -R 1000/]],
    [
      'the image',
      { REGISTRY_WEB_CONTAINER: '1' },
      [
        /auth\.key .*On the host, in the folder mounted as .*chown 1000 auth\.key/,
        /data\.path: .*On the host, run: chown/,
      ],
    ],
  ] as const) {
    test(`root's key and root's data folder: both at once, with what to do in ${where}`, {
      skip: !isRoot && 'needs root',
    }, async () => {
      const place = await newPlace();
      await writeKey(place, key);
      await mkdir(place.data);
      const ending = await startAndFail(place, settings(), { asOtherUser: true, env });
      assertRefused(ending, 78, ...remedies);
    });
  }

  test('the certificate of another key: exit 78 and which two files', async () => {
    const place = await newPlace();
    await writeKey(place, key);
    const other = await certificateFor(generateKey('rsa'), { isCa: true });
    await writeFile(join(place.conf, 'auth.cert'), other);
    assertRefused(
      await startAndFail(place, settings({ cert: 'auth.cert' })),
      78,
      /auth\.cert belongs to another key than/,
    );
  });

  test('readable by everybody: starts, and warns with the line that closes it', async () => {
    const app = await startApp({
      config: { registry: { url: REGISTRY_URL, auth: { key: 'auth.key' } } },
      prepare: async (conf) => {
        await writeFile(join(conf, 'auth.key'), key);
        await chmod(join(conf, 'auth.key'), 0o644);
      },
    });
    assert.match(app.logs(), /every user of this machine can read the signing key; run: chmod 600 \S+auth\.key/);
    await app.stop();
  });
});

describe('the configuration', () => {
  test('all mistakes at once, each with its key, exit 78', async () => {
    const content = {
      registry: { url: 'ftp://registry', nmae: 'x', auth: { enabled: 'perhaps', lifetime: '5s' } },
      server: { port: 'eighty', trusted_proxies: ['not-an-address'] },
      surprise: true,
    };
    assertRefused(
      await startAndFail(await newPlace(), content),
      78,
      /registry\.url: /,
      /registry\.nmae: unknown key .*registry\.name/,
      /registry\.auth\.enabled: must be true or false/,
      /registry\.auth\.lifetime: must be at least 60s/,
      /server\.port: must be a whole number/,
      /server\.trusted_proxies: /,
      /surprise: unknown key/,
    );
  });
  test('a folder of config.yml that we may not enter is told as that', { skip: !isRoot && 'needs root' }, async () => {
    const place = await newPlace();
    const inner = join(place.conf, 'closed');
    await mkdir(inner, { mode: 0o700 });
    const env = { CONFIG_PATH: join(inner, 'config.yml') };
    assertRefused(
      await startAndFail(place, '', { env, asOtherUser: true }),
      78,
      /config\.yml cannot be read by uid 1000/,
    );
  });
  test('a wrong value from the environment is named by its variable', async () => {
    const ending = await startAndFail(await newPlace(), settings({ key: null }), { env: { SERVER_PORT: '99999' } });
    assertRefused(ending, 78, /server\.port: must be at most 65535 \(from SERVER_PORT\)/);
  });
  test('broken YAML', async () => {
    assertRefused(await startAndFail(await newPlace(), 'registry:\n  url: "unclosed\n'), 78, /config\.yml: .*line \d/);
  });
  test('no config.yml where CONFIG_PATH says', async () => {
    const place = await newPlace();
    const env = { CONFIG_PATH: join(place.conf, 'other.yml') };
    assertRefused(await startAndFail(place, '', { env }), 78, /other\.yml does not exist: CONFIG_PATH names it/);
  });
  test('a key but no config.yml is no reason to start a registry of our own', async () => {
    const place = await newPlace();
    await writeKey(place, pemOf(generateKey('ec')));
    // The folder is mounted as /conf there; here the place of the file is all that can be told.
    const env = { CONFIG_PATH: join(place.conf, 'conf', 'config.yml') };
    assertRefused(await startAndFail(place, '', { env }), 78, /config\.yml does not exist/);
  });
});

describe('the machine', () => {
  test('a port that is taken: exit 75, the address and the key', async () => {
    const port = await freePort();
    const other = createTcpServer().listen(port, '127.0.0.1');
    const content = settings({ key: null }, { server: { host: '127.0.0.1', port } });
    assertRefused(
      await startAndFail(await newPlace(), content),
      75,
      new RegExp(`already listens on 127\\.0\\.0\\.1:${port}.*server\\.port`),
    );
    other.close();
  });

  test('an address that is not of this machine', async () => {
    const content = settings({ key: null }, { server: { host: '192.0.2.1', port: 0 } });
    assertRefused(await startAndFail(await newPlace(), content), 78, /192\.0\.2\.1.*server\.host/);
  });

  test('a data folder we may not write: the chown for our uid', { skip: !isRoot && 'needs root' }, async () => {
    const place = await newPlace();
    await mkdir(place.data);
    const ending = await startAndFail(place, settings({ key: null }), { asOtherUser: true });
    assertRefused(ending, 78, /data\.path: .*uid 1000.*chown -R 1000/);
  });

  test('a data folder that is not there yet is made before the image gives up root', {
    skip: !isRoot && 'needs root',
  }, async () => {
    const app = await startApp({
      isFresh: true,
      config: { registry: { url: REGISTRY_URL } },
      env: { REGISTRY_WEB_CONTAINER: '1' },
      // As in the image, where everybody may enter the folders above it; root alone may make one there.
      prepare: (conf) => chmod(join(conf, '..'), 0o755),
    });
    assert.equal((await stat(app.dataPath)).uid, OTHER_USER);
    await app.stop();
  });

  test('a data folder that is a file', async () => {
    const place = await newPlace();
    await writeFile(place.data, '');
    assertRefused(
      await startAndFail(place, settings({ key: null })),
      78,
      /data\.path: .*is a file; set data\.path to a folder/,
    );
  });

  test('a database that is none', async () => {
    const place = await newPlace();
    await mkdir(place.data);
    await writeFile(join(place.data, 'registry-web.db'), 'this is no database, but long enough to look like a header');
    assertRefused(await startAndFail(place, settings({ key: null })), 78, /damaged.*backup/);
  });
});

describe('the database', () => {
  test('a newer version wrote it: exit 78, and it is left as it was', async () => {
    const app = await startApp({ config: { registry: { url: REGISTRY_URL } } });
    await app.halt();
    const db = new SqliteDatabase(join(app.dataPath, 'registry-web.db'));
    db.exec("insert into kysely_migration (name, timestamp) values ('9999-future', '2030-01-01')");
    db.close();
    const ending = await startAndFail(placeOf(app), settings({ key: null }));
    assertRefused(ending, 78, /newer version .*9999-future/);
    await app.stop();
  });

  test('a second process on it: exit 75, and the first goes on', async () => {
    const app = await startApp({ config: { registry: { url: REGISTRY_URL } } });
    assertRefused(await startAndFail(placeOf(app), settings({ key: null })), 75, /Another Registry Web already uses/);
    assert.equal((await fetch(`${app.url}/healthz`)).status, 200);
    await app.stop();
  });

  function placeOf(app: { readonly confPath: string; readonly dataPath: string }): Place {
    return { conf: app.confPath, data: app.dataPath };
  }
});

describe('a registry that is not as it should be does not stop the start', () => {
  const page: RequestListener = (_request, response) =>
    void response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>Router</title>');

  async function listening(server: Server): Promise<number> {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  async function statusOf(url: string): Promise<{ html: string; logs: string }> {
    const app = await startApp({ config: { registry: { url } } });
    try {
      const visitor = createVisitor(app.url);
      await visitor.signIn('admin', ADMIN_PASSWORD);
      for (const path of ['/', '/repositories']) assert.equal((await visitor.request(path)).status, 200, path);
      const response = await visitor.request('/status');
      assert.equal(response.status, 200);
      return { html: await response.text(), logs: app.logs() };
    } finally {
      await app.stop();
    }
  }

  function assertTold({ html, logs }: { html: string; logs: string }, reason: RegExp): void {
    assert.match(html, reason);
    assert.match(logs, /registry not reachable/);
    assert.doesNotMatch(logs, /"level":[56]0/);
    assert.doesNotMatch(logs, /\\n\s+at /);
  }

  test('a registry that refuses the connection', async () => {
    assertTold(await statusOf(`http://127.0.0.1:${await freePort()}`), /No answer at/);
  });
  test('a registry whose name does not exist', async () => {
    assertTold(
      await statusOf('http://no-such-registry.invalid:5000/v2'),
      /The host of http:\/\/no-such-registry\.invalid:5000 is unknown/,
    );
  });
  test('a registry that answers HTML instead of JSON', async () => {
    const server = createHttpServer(page);
    assertTold(await statusOf(`http://127.0.0.1:${await listening(server)}/v2`), /registry/i);
    server.close();
  });
  test('a registry with a certificate of an unknown authority', async () => {
    const key = generateKey('ec');
    const cert = await certificateFor(key, { isCa: true });
    const server = createHttpsServer({ key: pemOf(key), cert }, page);
    assertTold(await statusOf(`https://127.0.0.1:${await listening(server)}`), /registry\.ca/);
    server.close();
  });
  test('https where it speaks plain HTTP', async () => {
    const server = createHttpServer(page);
    assertTold(await statusOf(`https://127.0.0.1:${await listening(server)}`), /http/i);
    server.close();
  });
});
