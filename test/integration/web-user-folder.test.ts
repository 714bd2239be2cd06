import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { userFolderName } from '../../server/access/user-folder.ts';
import { startRepositoryWeb } from '../support/app/repository-web.ts';
import { createVisitor, startWeb, type TestWeb } from '../support/app/web.ts';
import { seedRepository } from '../support/data/seed.ts';

const USER_FOLDER = '$'.concat('{user}/**');

let web: TestWeb;
before(async () => {
  web = await startWeb({});
});
after(() => web.stop());

test('a name that no folder can have is told beside the role whose rules open nothing for it', async () => {
  const role = await web.roles.add({ name: 'own-folder', description: '' });
  const rule = { repository: USER_FOLDER, address: '*', canPull: true, canPush: true, canDelete: false };
  await web.roles.setRules(role.id, [rule]);
  const more = { passwordHash: 'x', mustChangePassword: false, roleIds: [role.id], by: 'admin' };
  for (const username of ['anna', 'anna@example.com']) await web.users.add({ username, ...more });
  const admin = createVisitor(web.url);
  await admin.signIn('admin', 'first-admin-password');
  const stuck = await (await admin.request('/users/anna@example.com')).text();
  assert.match(stuck, new RegExp(`own-folder[\\s\\S]*${userFolderName('anna@example.com')}`));
  const fine = await (await admin.request('/users/anna')).text();
  assert.doesNotMatch(fine, /not a valid folder name/);
  assert.match(await (await admin.request('/roles/own-folder')).text(), /\$\{user:slug\}/);
});

test('check access tells what the placeholders of a rule stand for', async () => {
  const { web } = await startRepositoryWeb('first-admin-password');
  try {
    const rule = { address: '*', canPull: true, canPush: true, canDelete: false };
    const role = await web.roles.add({ name: 'own-folder', description: '' });
    const slug = USER_FOLDER.replace('}', ':slug}');
    await web.roles.setRules(
      role.id,
      [USER_FOLDER, slug].map((repository) => ({ ...rule, repository })),
    );
    const more = { passwordHash: 'x', mustChangePassword: false, roleIds: [role.id], by: 'admin' };
    for (const username of ['anna', 'anna@example.com']) await web.users.add({ username, ...more });
    const admin = createVisitor(web.url);
    await admin.signIn('admin', 'first-admin-password');
    const folder = userFolderName('anna@example.com');
    for (const [username, home] of [
      ['anna', 'anna'],
      ['anna@example.com', folder],
    ]) {
      await seedRepository(web.db, `${home}/app`, [{ tags: ['v1'] }]);
      const query = `action=push&user=${encodeURIComponent(username ?? '')}`;
      const text = await (await admin.request(`/repositories/${home}/app/-/access?${query}`)).text();
      assert.ok(text.includes(`can push to ${home}/app`), text);
      for (const part of [slug, `→ <code class="break">${home}/**</code>`]) assert.ok(text.includes(part), part);
    }
  } finally {
    await web.stop();
  }
});
