/** A registry that reports nothing and asks for nothing: what is pushed is there by itself, and lists say how old they are. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ADMIN_PASSWORD, MEMBER, type RunningApp, startApp } from '../support/app/app.ts';
import { createVisitor, type Visitor } from '../support/app/web.ts';
import { eventually } from '../support/process/eventually.ts';
import { pushImageOf } from '../support/registry/images.ts';
import { type RunningRegistry, registrySkip, startRegistry } from '../support/registry/registry.ts';

const skip = await registrySkip('3.1.1');

let registry: RunningRegistry;
let app: RunningApp;
let admin: Visitor;
let member: Visitor;

before(async () => {
  if (skip !== false) return;
  registry = await startRegistry();
  await pushImageOf(registry.url, 'team/app', 'v1', { layers: ['one'] });
  app = await startApp({ config: { registry: { url: registry.url, name: registry.host } } });
  admin = createVisitor(app.url);
  member = createVisitor(app.url);
  await admin.signIn('admin', ADMIN_PASSWORD);
  await member.signIn(MEMBER.username, MEMBER.password);
  await eventually('the first crawl has ended', () => text(admin, '/repositories'), { until: has('list-age') });
});
after(async () => {
  await app?.stop();
  await registry?.stop();
});

const has = (part: string) => (body: string) => body.includes(part);

async function text(who: Visitor, path: string): Promise<string> {
  return (await who.request(path)).text();
}

test('a new tag is there the second time its page is opened', { skip }, async () => {
  await pushImageOf(registry.url, 'team/app', 'v2', { layers: ['two'] });
  assert.doesNotMatch(await text(member, '/repositories/team/app'), />v2</, 'the page does not wait for the registry');
  await eventually('v2 is listed', () => text(member, '/repositories/team/app'), { until: has('>v2<') });
});

test('every list says how old it is, and to an admin what would make it instant', { skip }, async () => {
  const tags = /<p class="list-age muted">Tags last read:\s*<time [^>]*data-age="team\/app"[^>]*>just now</;
  const repositories = /<p class="list-age muted">Repository list last read:\s*<time [^>]*data-age="\*"/;
  for (const path of ['', '/-/untagged']) assert.match(await text(admin, `/repositories/team/app${path}`), tags);
  for (const path of ['/', '/repositories', '/search?q=app']) assert.match(await text(admin, path), repositories, path);
  assert.doesNotMatch(await text(admin, '/'), /within a second|home-live/, 'nothing is live');
  for (const path of ['/repositories', '/repositories/team/app']) {
    assert.doesNotMatch(await text(admin, path), />never</, 'nobody knows who pulled');
  }
  assert.match(await text(admin, '/repositories'), /href="\/connect#registry"/);
  assert.match(await text(admin, '/connect'), /<li id="registry">/);
  const seen = await text(member, '/repositories');
  assert.match(seen, repositories);
  assert.doesNotMatch(seen, /\/connect/);
});

test('the API looks, too', { skip }, async () => {
  await pushImageOf(registry.url, 'team/api', 'v1', { layers: ['one'] });
  await admin.post('/status/crawl', {});
  const repository = '/api/v1/repositories/team/api';
  await eventually('the repository is indexed', () => text(admin, repository), { until: has('"v1"') });
  await pushImageOf(registry.url, 'team/api', 'v2', { layers: ['two'] });
  await eventually('v2 is listed', () => text(admin, `${repository}/-/tags`), { until: has('"v2"') });
});
