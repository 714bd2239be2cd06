/** https: by ourselves, and by a real nginx that serves us under a sub-path. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { request as requestHttps } from 'node:https';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ADMIN_PASSWORD, EVENT_SECRET, MEMBER, type RunningApp, startApp, startManaged } from '../support/app/app.ts';
import { assertWorked, browserOf, createClients, deleteByPage, pageText } from '../support/app/walk.ts';
import { createVisitor } from '../support/app/web.ts';
import { eventually } from '../support/process/eventually.ts';
import { freePort, freePorts } from '../support/process/ports.ts';
import { type RunningProcess, startProcess, waitUntil } from '../support/process/process.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/process/tmp.ts';
import { requireTools } from '../support/process/tools.ts';
import { certificateFor, generateKey, pemOf } from '../support/registry/operator-keys.ts';
import { type RunningRegistry, startRegistry } from '../support/registry/registry.ts';

// The certificates below are made by the tests; this file is a process of its own.
process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';

const ADMIN = { username: 'admin', password: ADMIN_PASSWORD };
const { skip } = await requireTools('registry-3.1.1', 'skopeo');
const proxy = await requireTools('registry-3.1.1', 'skopeo', 'nginx');

async function writeTlsPair(folder: string): Promise<void> {
  const key = generateKey('ec');
  await writeFile(join(folder, 'tls.key'), pemOf(key), { mode: 0o600 });
  await writeFile(join(folder, 'tls.cert'), await certificateFor(key, { isCa: false }));
}

describe('own TLS and a registry of our own', { skip }, () => {
  let folder: TemporaryFolder;
  let app: RunningApp;
  let host: string;
  let url: string;

  before(async () => {
    folder = await temporaryFolder('own-tls');
    const port = await freePort();
    url = `https://localhost:${port}`;
    ({ app, host } = await startManaged({
      port,
      healthUrl: `https://127.0.0.1:${port}/healthz`,
      config: { server: { host: '127.0.0.1', port, tls: { cert: 'tls.cert', key: 'tls.key' } } },
      prepare: writeTlsPair,
    }));
  });
  after(async () => {
    await app?.stop();
    await folder?.remove();
  });

  test('the realm is https, and the notifications arrive all the same', async () => {
    const challenge = (await fetch(`http://${host}/v2/`)).headers.get('www-authenticate') ?? '';
    assert.match(challenge, new RegExp(`realm="${url}/api/auth"`));
    const member = await (await createClients(host, folder.path))(MEMBER);
    assertWorked(await member.login());
    assertWorked(await member.push('team/app'));
    const admin = await browserOf(url, ADMIN);
    await eventually('the push is on the page', () => pageText(admin, '/repositories/team/app'), {
      until: (html) => html.includes('>v1</a>') && html.includes('member'),
    });
    assert.match(await pageText(admin, '/events'), /member/);
    await deleteByPage(admin, 'team/app:v1');
  });

  test('the cookie is for https alone', async () => {
    const visitor = createVisitor(url);
    const cookie = (await visitor.signIn('admin', ADMIN_PASSWORD)).headers.getSetCookie().join('\n');
    assert.match(cookie, /^__Host-rw=.*; Secure/m);
    const { headers } = await visitor.request('/');
    assert.match(headers.get('strict-transport-security') ?? '', /max-age/);
  });
});

describe('behind nginx, with TLS and under a sub-path', { skip: proxy.skip }, () => {
  let folder: TemporaryFolder;
  let app: RunningApp;
  let registry: RunningRegistry;
  let nginx: RunningProcess;
  let url: string;
  let host: string;

  before(async () => {
    folder = await temporaryFolder('nginx');
    const [port = 0, registryPort = 0, nginxPort = 0] = await freePorts(3);
    url = `https://localhost:${nginxPort}/hub`;
    host = `localhost:${registryPort}`;
    await writeTlsPair(folder.path);
    await mkdir(join(folder.path, 'temp'));
    await writeFile(join(folder.path, 'nginx.conf'), nginxConfig(folder.path, nginxPort, port));
    nginx = startProcess(proxy.paths.nginx, ['-p', folder.path, '-c', join(folder.path, 'nginx.conf')]);
    await waitUntil(nginx, async () => (await fetch(`https://localhost:${nginxPort}/`)).status === 404);
    app = await startApp({
      port,
      healthUrl: `http://127.0.0.1:${port}/hub/healthz`,
      config: {
        registry: { url: `http://${host}`, name: host, auth: { issuer: 'test' } },
        server: { host: '127.0.0.1', port, public_url: url, trusted_proxies: ['127.0.0.1'] },
        notifications: { secret: EVENT_SECRET },
      },
    });
    registry = await startRegistry({
      port: registryPort,
      auth: {
        realm: `${url}/api/auth`,
        service: host,
        issuer: 'test',
        rootcertbundle: join(app.dataPath, 'auth.cert'),
      },
      notifications: {
        url: `http://127.0.0.1:${port}/hub/api/notification`,
        headers: { Authorization: [EVENT_SECRET] },
      },
    });
  });
  after(async () => {
    await registry?.stop();
    await app?.stop();
    await nginx?.stop();
    await folder?.remove();
  });

  test('sign-in, every link and the cookie are as the browser sees us', async () => {
    const visitor = createVisitor(url);
    assert.match((await visitor.request('/users')).headers.get('location') ?? '', /^\/hub\/login\?next=%2Fusers$/);
    const response = await visitor.signIn('admin', ADMIN_PASSWORD);
    assert.equal(response.headers.get('location'), '/hub/');
    assert.match(
      response.headers.getSetCookie().join('\n'),
      /^__Host-rw=[^;]+; Path=\/; HttpOnly; Secure; SameSite=Lax/m,
    );
    const outside: string[] = [];
    for (const path of ['/', '/repositories', '/events', '/users', '/roles', '/status', '/account', '/audit']) {
      const html = await pageText(visitor, path);
      assert.doesNotMatch(html, /plain HTTP/, path);
      for (const [, link = ''] of html.matchAll(/(?:href|src|action)="(\/[^"]*)"/g)) {
        if (!link.startsWith('/hub/')) outside.push(`${path}: ${link}`);
      }
    }
    assert.deepEqual(outside, []);
    const [asset = ''] = /\/hub\/assets\/app\.[^"]+\.css/.exec(await pageText(visitor, '/')) ?? [];
    assert.equal((await fetch(new URL(asset, url))).status, 200);
  });

  test('the client that a proxy names is the one that counts, and nobody can name another', async () => {
    const sent = requestHttps(`${url}/api/auth?service=${host}&scope=repository:team/app:pull`, {
      localAddress: '127.0.0.5',
      rejectUnauthorized: false,
      headers: { Authorization: `Basic ${btoa('nobody:wrong-password')}`, 'X-Forwarded-For': '10.9.9.9' },
    });
    const status = await new Promise((resolve, reject) => {
      sent.on('response', (response) => resolve(response.resume().statusCode));
      sent.on('error', reject);
      sent.end();
    });
    assert.equal(status, 401);
    assert.match(app.logs(), /"user":"nobody".*"address":"127\.0\.0\.5"/);
    assert.doesNotMatch(app.logs(), /10\.9\.9\.9/);
  });

  test('a client is sent to the sub-path for its token, and the page shows its push', async () => {
    const member = await (await createClients(host, folder.path))(MEMBER);
    assertWorked(await member.login());
    assertWorked(await member.push('team/app'));
    const admin = await browserOf(url, ADMIN);
    await eventually('the push is on the page', () => pageText(admin, '/repositories/team/app'), {
      until: (html) => html.includes('>v1</a>') && html.includes('member'),
    });
    assert.match(await pageText(admin, '/events'), /member/);
    const undo = await deleteByPage(admin, 'team/app:v1');
    assert.equal((await admin.post(undo, {})).headers.get('location'), '/hub/repositories/team/app');
    assertWorked(await member.pull('team/app'));
    // What was found when the registry was not up yet is shown for two seconds.
    await eventually('the status page names the realm', () => pageText(admin, '/status'), {
      until: (html) => html.includes(`${url}/api/auth`),
    });
  });
});

/** The location is the one that docs/compose-and-upgrade.md tells people. */
function nginxConfig(folder: string, port: number, appPort: number): string {
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/temp/${kind};`,
  );
  return `${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 1;
error_log stderr;
pid ${folder}/nginx.pid;
events {}
http {
  access_log off;
  ${temp.join('\n  ')}
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${folder}/tls.cert;
    ssl_certificate_key ${folder}/tls.key;
    location / { return 404; }
    location /hub/ {
      proxy_pass http://127.0.0.1:${appPort};
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
    }
  }
}
`;
}
