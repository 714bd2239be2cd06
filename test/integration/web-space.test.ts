import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createActivity } from '../../server/catalog/activity/activity.ts';
import { createCachedFindings } from '../../server/catalog/findings/cached-findings.ts';
import { createFindings } from '../../server/catalog/findings/findings.ts';
import { createSpace } from '../../server/catalog/space/space.ts';
import { createSpaceSums } from '../../server/catalog/space/space-sums.ts';
import { createVisibility } from '../../server/catalog/visibility/visibility.ts';
import { createLogger } from '../../server/log.ts';
import { homePage } from '../../server/web/home/home.ts';
import { spacePage } from '../../server/web/space/space.ts';
import { createVisitor, startWeb, type TestWeb, type Visitor } from '../support/app/web.ts';
import { UP } from '../support/data/browse-facts.ts';
import { homeFacts } from '../support/data/home-facts.ts';
import { registryFacts } from '../support/data/operations-facts.ts';
import { hold, insertRepositories } from '../support/data/space.ts';

let web: TestWeb;
let admin: Visitor;
let member: Visitor;
let outsider: Visitor;
const SIZES = [3e9, 5e6, 7e3];

before(async () => {
  web = await startWeb({
    pages({ db, stores, now, log }) {
      const deps = {
        ...{ ...stores, space: createSpace({ db }), visibility: createVisibility(db), indexState: () => UP, now },
        operations: { indexState: () => UP, registry: registryFacts },
        activity: createActivity({ db, now }),
        findings: createCachedFindings({ ask: createFindings({ db, now, log }).of, log }),
        firstRun: homeFacts().firstRun,
      };
      return [spacePage(deps), homePage(deps)];
    },
  });
  [admin, member, outsider] = [createVisitor(web.url), createVisitor(web.url), createVisitor(web.url)];
  await insertRepositories(web.db, ['team/app', 'secret/sub/app']);
  const held = [
    { repository: 'team/app', blob: 1, tagged: 1, untagged: 0 },
    { repository: 'secret/sub/app', blob: 0, tagged: 1, untagged: 0 },
    { repository: 'secret/sub/app', blob: 2, tagged: 0, untagged: 1 },
  ];
  await hold(web.db, held, SIZES);
  const role = await web.roles.add({ name: 'team', description: '' });
  await web.roles.setRules(role.id, [pullRule('team/**')]);
  const passwordHash = await web.hasher.hash('a-long-password-1');
  const rest = { passwordHash, mustChangePassword: false, by: 'admin' };
  await web.users.add({ ...rest, username: 'lin', roleIds: [role.id] });
  await web.users.add({ ...rest, username: 'wei', roleIds: [] });
  await admin.signIn('admin', 'first-admin-password');
  await member.signIn('lin', 'a-long-password-1');
  await outsider.signIn('wei', 'a-long-password-1');
  // Their sets of patterns exist once they looked.
  await member.request('/space');
  await createSpaceSums({ db: web.db, now: Date.now, log: createLogger('silent') }).sum();
});
after(() => web.stop());

function pullRule(repository: string) {
  return { repository, address: '*', canPull: true, canPush: false, canDelete: false };
}

async function html(visitor: Visitor, path: string): Promise<string> {
  const response = await visitor.request(path);
  assert.equal(response.status, 200);
  return response.text();
}

test('an admin sees everything and follows folders down', async () => {
  const root = await html(admin, '/space');
  assert.match(root, /3 GB/);
  assert.match(root, /7 kB/);
  assert.match(root, /href="\/space\?folder=secret"/);
  assert.match(await html(admin, '/space?folder=secret/sub'), /href="\/repositories\/secret\/sub\/app"/);
  assert.match(await html(admin, '/'), /href="\/space"/);
});

test('a member sees the own part, and no sign of the rest', async () => {
  for (const path of ['/space', '/space?sort=reclaimable', '/space?folder=team', '/']) {
    const text = await html(member, path);
    assert.ok(!text.includes('secret'), path);
    assert.ok(!/\b[37](\.0)? (GB|kB)/.test(text), path);
  }
  assert.match(await html(member, '/space'), /5 MB/);
});

test('a hidden folder and a missing one answer the same', async () => {
  const [hidden, missing] = [await member.request('/space?folder=secret'), await member.request('/space?folder=never')];
  assert.equal(hidden.status, 404);
  assert.equal(missing.status, 404);
});

test('an outsider is told why there is nothing; a stranger is sent to sign in', async () => {
  assert.match(await html(outsider, '/space'), /class="empty"/);
  assert.equal((await createVisitor(web.url).request('/space')).status, 303);
});

test('odd questions get the default answer', async () => {
  for (const query of ['sort=x', 'after=%00', 'after=WzEsMl0', 'direction=up', 'days=-1', 'folder=/', 'folder=%00']) {
    const { status } = await admin.request(`/space?${query}`);
    assert.ok(status === 200 || status === 404, `${query} ${status}`);
  }
});
