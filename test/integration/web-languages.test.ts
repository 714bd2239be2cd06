/** Another folder below `locales/` is another language: offered, chosen by the browser, remembered, counted its own way. */
import assert from 'node:assert/strict';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createVisitor, ROOT, startWeb, type TestWeb } from '../support/app/web.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/process/tmp.ts';

let folder: TemporaryFolder;
let web: TestWeb;

before(async () => {
  folder = await temporaryFolder('languages');
  for (const name of ['views', 'dist']) await symlink(join(ROOT, name), join(folder.path, name));
  await cp(join(ROOT, 'locales'), join(folder.path, 'locales'), { recursive: true });
  await mkdir(join(folder.path, 'locales', 'pl'));
  const texts = {
    login: { title: 'Zaloguj się', username: 'Użytkownik' },
    users: { count_one: '{{count}} konto', count_few: '{{count}} konta', count_many: '{{count}} kont' },
  };
  await writeFile(join(folder.path, 'locales', 'pl', 'accounts.json'), JSON.stringify(texts));
  web = await startWeb({ deps: { root: folder.path } });
});
after(async () => {
  await web?.stop();
  await folder?.remove();
});

test('the browser asks for it', async () => {
  const html = await (await createVisitor(web.url, { 'accept-language': 'pl-PL,pl;q=0.9' }).request('/login')).text();
  assert.match(html, /<html lang="pl"/);
  assert.match(html, /<h1>Zaloguj się<\/h1>/);
  // What is not translated yet is there in English.
  assert.match(html, /Forgot your password\?/);
});

test('a language is offered under its own name, and remembered', async () => {
  const visitor = createVisitor(web.url, { 'accept-language': 'en' });
  const html = await (await visitor.request('/login')).text();
  assert.match(html, /value="pl" lang="pl">Polski</);
  assert.match(html, /value="zh-CN" lang="zh-CN">简体中文</);
  await visitor.post('/preferences', { language: 'pl', next: '/login' });
  assert.match(await (await visitor.request('/login')).text(), /<html lang="pl"/);
  await visitor.post('/preferences', { language: '../en', next: '/login' });
  assert.match(await (await visitor.request('/login')).text(), /<html lang="pl"/);
});

test('a language counts by its own grammar', async () => {
  const visitor = createVisitor(web.url, { 'accept-language': 'pl' });
  await visitor.signIn('admin', 'first-admin-password');
  assert.match(await (await visitor.request('/users')).text(), /1 konto/);
  for (const username of ['one', 'two']) {
    await web.users.add({ username, passwordHash: 'x', mustChangePassword: false, roleIds: [], by: 'test' });
  }
  assert.match(await (await visitor.request('/users')).text(), /3 konta/);
});
