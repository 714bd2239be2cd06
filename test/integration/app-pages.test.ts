/** Every page that can be reached by links changes nothing, and no address that anybody can think of breaks a page. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { request as requestHttp } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import SqliteDatabase from 'better-sqlite3';
import { ADMIN_PASSWORD, type Stack, startStack } from '../support/app/app.ts';
import { browserOf } from '../support/app/walk.ts';
import type { Visitor } from '../support/app/web.ts';
import { eventually } from '../support/process/eventually.ts';
import { requireTools } from '../support/process/tools.ts';
import { pushImageOf, pushIndex } from '../support/registry/images.ts';
import { startRegistry } from '../support/registry/registry.ts';

const { skip } = await requireTools('registry-3.1.1');
const HTML = '<img src=x onerror=alert(1)>';

describe('with some images', { skip }, () => {
  let stack: Stack;
  let admin: Visitor;

  before(async () => {
    stack = await startStack();
    await fill(stack.registry.storage);
    // The first crawl of this start finds what was put in meanwhile.
    await stack.app.halt();
    await stack.app.resume();
    admin = await browserOf(stack.app.url, { username: 'admin', password: ADMIN_PASSWORD });
    await eventually('the crawl is done', async () => (await admin.request('/repositories')).text(), {
      until: (html) => html.includes('/repositories/many"'),
    });
  });
  after(() => stack?.stop());

  test('every link leads somewhere, and looking changes nothing', async (context) => {
    const content = () => contentOf(stack.app.dataPath);
    await untilUnchanged(() => JSON.stringify(content()));
    const before = content();
    const seen = await walkLinks(admin, ['/', '/users/-/new', '/roles/-/new', '/setup-password', '/login', '/account']);
    assert.ok(seen.size > 60, `${seen.size} pages`);
    context.diagnostic(`${seen.size} pages`);
    const wrong = [...seen].filter(([path, status]) => status >= 400 && path !== '/setup-password');
    assert.deepEqual(wrong, []);
    assert.deepEqual(content(), before);
  });

  test('labels and history with HTML stay text', async () => {
    const html = await (await admin.request('/repositories/team/hostile:v1')).text();
    assert.ok(!html.includes(HTML));
    assert.match(html, /&lt;img src=x onerror=alert\(1\)&gt;/);
  });

  for (const name of ['admin', 'a stranger']) {
    test(`no address breaks a page of ${name}`, async () => {
      const cookie = name === 'admin' ? [...admin.jar].map(([key, value]) => `${key}=${value}`).join('; ') : '';
      const broken: string[] = [];
      const prefixes = name === 'admin' ? PREFIXES : PREFIXES.filter((prefix) => STRANGER.test(prefix));
      for (const path of prefixes.flatMap((prefix) => HOSTILE.map((hostile) => `${prefix}${hostile}`))) {
        const { status, type, body } = await ask(stack.app.port, path, cookie);
        if (status >= 500 || status < 200 || /node_modules|\n\s+at /.test(body)) broken.push(`${status} ${path}`);
        if (type.includes('html') && body.includes('<script>alert')) broken.push(`script in ${path}`);
      }
      assert.deepEqual(broken, []);
      assert.doesNotMatch(stack.app.logs(), /"level":[56]0/);
    });
  }
});

const PREFIXES = [
  ...['/', '/repositories/', '/repositories/team/', '/repositories/team/app:', '/repositories/team/app@'],
  ...['/repositories/team/app/-/', '/repositories/team/app:v1/-/', '/users/', '/roles/', '/roles/team/-/', '/assets/'],
  ...[
    '/repositories?filter=',
    '/repositories?after=',
    '/repositories?folder=',
    '/repositories?sort=',
    '/repositories?undo=',
  ],
  ...['/repositories/team/app?after=', '/repositories/team/app:v1?platform=', '/events?user=', '/events?after='],
  ...[
    '/events?action=',
    '/events?from=',
    '/events?open=',
    '/events.csv?to=',
    '/events/refused?after=',
    '/events/refused/',
    '/users?after=',
    '/users?filter=',
    '/audit?after=',
  ],
  ...['/login?next=', '/api/auth?scope=', '/api/auth/', '/api/'],
];
/** What is there for somebody who has not signed in. */
const STRANGER = /^\/(|repositories\/|users\/|assets\/|login.*|api\/.*)$/;
const HOSTILE = [
  ...[
    '.',
    '..',
    '../..',
    '../../etc/passwd',
    '%2e%2e',
    '%2e%2e%2f%2e%2e%2fetc/passwd',
    '..%5c..',
    '.hidden',
    'a..b',
    'a.b.c',
  ],
  ...[
    '%2F',
    'a%2Fb',
    '/',
    '//',
    'a//b',
    '/a/',
    '%00',
    'a%00b',
    '%',
    '%zz',
    '%E0%A4%A',
    '%ff%fe',
    '%0d%0aX:%20y',
    '%20',
  ],
  ...[
    'a:b:c',
    ':v1',
    'a@',
    'a@sha256:zz',
    `a@sha256:${'0'.repeat(64)}`,
    '-/delete',
    'a/-/b',
    'A',
    '__proto__',
    'constructor',
  ],
  ...[
    '<script>alert(1)</script>',
    '%3Cscript%3Ealert(1)%3C/script%3E',
    "'",
    '"',
    '%F0%9F%92%A5',
    '[',
    '{',
    '*',
    '%25',
    '',
  ],
  ...['a'.repeat(300), 'a/'.repeat(500), '9'.repeat(400), '%41'.repeat(2000), '-1', '1e9', 'null', '0'],
];

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** As it stands: `fetch` would tidy the path. */
function ask(port: number, path: string, cookie: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = requestHttp({ host: '127.0.0.1', port, path, headers: { cookie } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers['content-type'] ?? '',
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}

async function fill(storage: string): Promise<void> {
  const open = await startRegistry({ storage });
  try {
    for (const tag of ['v1', 'v2']) await pushImageOf(open.url, 'team/app', tag);
    for (const tag of ['a.b', 'c_d', 'e-f']) await pushImageOf(open.url, 'dots.and__under/x.y-z', tag);
    const config = {
      config: { Labels: { [HTML]: HTML }, Env: [`A=${HTML}`], Entrypoint: [HTML] },
      history: [{ created_by: HTML, comment: HTML, author: HTML }],
    };
    await pushImageOf(open.url, 'team/hostile', 'v1', { config });
    const child = await pushImageOf(open.url, 'many', undefined);
    await pushIndex(open.url, 'many', 'latest', [
      { pushed: child, platform: 'linux/amd64' },
      { pushed: child, platform: 'linux/arm/v7' },
    ]);
  } finally {
    await open.stop();
  }
}

/** Follows every link of our own. @returns the status of each page. */
async function walkLinks(visitor: Visitor, starts: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const seen = new Map<string, number>();
  const waiting = [...starts];
  for (let path = waiting.shift(); path !== undefined && seen.size < 150; path = waiting.shift()) {
    if (seen.has(path) || path.startsWith('/assets/')) continue;
    const response = await visitor.request(path);
    const html = await response.text();
    seen.set(path, response.status);
    for (const [, link = ''] of html.matchAll(/<a\b[^>]*\shref="(\/[^"#]*)/g))
      waiting.push(link.replaceAll('&amp;', '&'));
  }
  return seen;
}

/** What lasts from the start is over when nothing has changed for a while. @returns what stays. */
async function untilUnchanged(read: () => string): Promise<string> {
  let before = '';
  const isUnchanged = (now: string) => {
    const same = now === before;
    before = now;
    return same;
  };
  return eventually('nothing moves any more', read, { until: isUnchanged, pauseMs: 500 });
}

/** Of each table but that of the jobs, which run by the clock: so a failure names the one that changed. */
function contentOf(dataPath: string): Readonly<Record<string, string>> {
  const db = new SqliteDatabase(join(dataPath, 'registry-web.db'), { readonly: true });
  try {
    const tables = db
      .prepare("select name from sqlite_master where type = 'table' and name <> 'job_runs' order by name")
      .pluck()
      .all() as string[];
    return Object.fromEntries(
      tables.map((table) => {
        const rows = db.prepare(`select * from "${table}"`).all() as Record<string, unknown>[];
        // The background sums say every hour that nothing changed.
        const kept = rows.map(({ last_seen_at: _, summed_at: __, ...row }) => JSON.stringify(row));
        return [table, createHash('sha256').update(kept.join('\n')).digest('hex')];
      }),
    );
  } finally {
    db.close();
  }
}
