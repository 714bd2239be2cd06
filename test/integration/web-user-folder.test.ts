import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { folderOf } from '../../server/access/user-folder.ts';
import { createVisitor, startWeb, type TestWeb } from '../support/web.ts';

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
  assert.match(stuck, new RegExp(`own-folder[\\s\\S]*${folderOf('anna@example.com')}`));
  const fine = await (await admin.request('/users/anna')).text();
  assert.doesNotMatch(fine, /not a valid folder name/);
  assert.match(await (await admin.request('/roles/own-folder')).text(), /\$\{user:slug\}/);
});
