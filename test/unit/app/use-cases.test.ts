/** What only admins may do, and what needs a right on a repository: refused in the use case, whichever way it was asked for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Actor, actorWith } from '../../../server/access/actor.ts';
import type { Rights } from '../../../server/access/rights.ts';
import { compileRule } from '../../../server/access/rule.ts';
import { createGrantUseCases, EVERYBODY } from '../../../server/access/use-cases/grants.ts';
import { createRoleUseCases } from '../../../server/access/use-cases/roles.ts';
import type { User } from '../../../server/access/users.ts';
import { createPasswordReset } from '../../../server/accounts/use-cases/passwords.ts';
import { createUserUseCases } from '../../../server/accounts/use-cases/users.ts';
import { createDescriptionUseCases } from '../../../server/catalog/use-cases/descriptions.ts';
import { createReadingUseCases } from '../../../server/catalog/use-cases/reading.ts';
import { createSetStar } from '../../../server/catalog/use-cases/stars.ts';
import { createDeletionUseCases } from '../../../server/housekeeping/use-cases/deletion.ts';
import { createQuarantine } from '../../../server/notifications/quarantine.ts';

const SUBJECT = { kind: 'user', id: 7, name: 'mia' } as const;
const rightsWith = (rules: Rights['rules'], more: Partial<Rights> = {}): Rights => ({
  ...{ subject: SUBJECT, isAdmin: false, isAuditor: false, rules },
  ...more,
});
const rule = (canPull: boolean, canPush: boolean, canDelete: boolean) =>
  compileRule({ repository: 'team/**', address: '10.0.0.0/8', canPull, canPush, canDelete }, 'mia');

const INSIDE = '10.0.0.1';
/** May do everything that a rule can give, and read the audit; is no admin. */
const member = actorWith(rightsWith([rule(true, true, true)], { isAuditor: true }), INSIDE);
const reader = actorWith(rightsWith([rule(true, false, false)]), INSIDE);
const pusher = actorWith(rightsWith([rule(true, true, false)]), INSIDE);
const elsewhere = actorWith(member.rights, '192.0.2.1');

/** A store that nothing may be asked of. */
const untouched: never = new Proxy(
  {},
  {
    get: (_, name) => () => assert.fail(`${String(name)} was called`),
  },
) as never;

const user: User = {
  ...{ id: 3, username: 'ann', enabled: true, mustChangePassword: false, createdAt: 0 },
  ...{ lastSignInAt: undefined, lastSignInAddress: undefined },
};
const role = { id: 5, name: 'team' };
const target = { kind: 'repository', name: 'team/app' } as const;
const audit = untouched;
const stores = { users: untouched, roles: untouched, grants: untouched, sessions: untouched, hasher: untouched, audit };
const users = createUserUseCases({ ...stores, credentials: untouched, forgetRefusals: untouched });
const roles = createRoleUseCases(stores);
const grants = createGrantUseCases({ ...stores, single: untouched, publicAccess: untouched });
const resetPassword = createPasswordReset({
  ...stores,
  ...{ credentials: untouched, refreshTokens: untouched, setupCode: untouched },
});
const reading = createReadingUseCases({
  ...{ refresh: untouched, crawl: untouched, acceptLoss: untouched, registryAddress: '', audit },
});
const narrow = { repository: 'team/app', address: '*', canPull: true, canPush: false, canDelete: false };
const account = { username: 'new', password: '', mustChangePassword: false, roleIds: [] };

const forAdmins: Readonly<Record<string, (actor: Actor) => unknown>> = {
  'add a user': (actor) => users.add(actor, account),
  'enable a user': (actor) => users.setEnabled(actor, user, true),
  'disable a user': (actor) => users.setEnabled(actor, user, false),
  'remove a user': (actor) => users.remove(actor, user),
  'end the sessions of a user': (actor) => users.endSessions(actor, user),
  'end all other sessions': (actor) => users.endOtherSessions(actor, ''),
  'reset a password': (actor) => resetPassword(actor, user),
  'add a role': (actor) => roles.add(actor, { name: 'new', description: '' }),
  'change the rules of a role': (actor) => roles.setRules(actor, role, []),
  'remove a role': (actor) => roles.remove(actor, role),
  'grant a role': (actor) => grants.grantRole(actor, EVERYBODY, 5),
  'revoke a role': (actor) => grants.revokeRole(actor, EVERYBODY, 5),
  'grant a rule': (actor) => grants.grantRule(actor, EVERYBODY, narrow),
  'set the roles of everybody': (actor) => grants.setRolesOfEverybody(actor, new Set()),
  'make a repository public': (actor) => grants.setPublic(actor, target, true),
  'make a repository private': (actor) => grants.setPublic(actor, target, false),
  'dismiss a notification': (actor) => createQuarantine(untouched, audit).dismiss(actor, 1),
  'confirm a loss': (actor) => reading.acceptLoss(actor),
  'read everything again': (actor) => reading.readEverything(actor),
};
for (const [what, act] of Object.entries(forAdmins)) {
  test(`only an admin may ${what}`, async () => {
    await assert.rejects(async () => act(member), { code: 'DENIED' });
  });
}

const trash = { get: async () => ({ id: 1, repository: 'team/app' }), batchOf: untouched } as never;
const deletionOf = (isReadonly: boolean) =>
  createDeletionUseCases({
    deletion: { deleteTag: untouched, deleteSelection: untouched, restore: untouched, trash },
    ...{ isReadonly, audit },
  });
const deleting = deletionOf(false);
const repository = 'team/app';
const tag = { repository, tag: 'v1', digest: 'sha256:1', alsoManifest: false };
const selection = { repository, tags: [], digests: ['sha256:1'], alsoUnneeded: false };
const describing = createDescriptionUseCases({ descriptions: untouched, audit });
const edit = { repository, text: '', version: 0 };

const refused: readonly (readonly [string, string, () => unknown])[] = [
  ['deleting a tag needs the right', 'delete_denied', () => deleting.deleteTag(pusher, tag)],
  ['deleting a tag needs it from this address', 'delete_denied', () => deleting.deleteTag(elsewhere, tag)],
  ['deleting a tag is off when read-only', 'readonly', () => deletionOf(true).deleteTag(member, tag)],
  ['deleting a selection needs the right', 'delete_denied', () => deleting.deleteSelection(pusher, selection)],
  ['deleting a selection is off when read-only', 'readonly', () => deletionOf(true).deleteSelection(member, selection)],
  ['restoring needs the right', 'delete_denied', () => deleting.restore(pusher, 1)],
  ['restoring is off when read-only', 'readonly', () => deletionOf(true).restore(member, 1)],
  ['what one may not see is not there to restore', 'image_hidden', () => deleting.restore(elsewhere, 1)],
  ['undoing needs the right', 'delete_denied', () => deleting.undo(pusher, 1)],
  ['what one may not see is not there to undo', 'image_hidden', () => deleting.undo(elsewhere, 1)],
  ['a description needs the right to push', 'description.denied', () => describing.edit(reader, edit)],
  ['reading again needs the right to push', 'refresh_denied', () => reading.refresh(reader, repository)],
  ['what one may not see is not there to read again', 'image_hidden', () => reading.refresh(elsewhere, repository)],
];
for (const [what, key, act] of refused) {
  test(what, async () => {
    await assert.rejects(async () => act(), { key });
  });
}

test('of several, what may not be restored says so beside its entry', async () => {
  const entries = await deleting.restoreEach(pusher, [1, 1]);
  assert.deepEqual(
    entries.map(({ id, error }) => [id, error?.key]),
    [[1, 'delete_denied']],
  );
});

test('a star belongs to an account', async () => {
  const subject = { kind: 'anonymous', id: 0, name: '' } as const;
  const anonymous = actorWith(rightsWith([rule(true, true, true)], { subject }), INSIDE);
  await assert.rejects(createSetStar(untouched)(anonymous, repository, true), { key: 'star_needs_account' });
});

test('nobody removes the own account', async () => {
  const self = actorWith(rightsWith([], { isAdmin: true }), INSIDE);
  await assert.rejects(users.remove(self, { ...user, id: SUBJECT.id }), { key: 'user.own_account' });
});

test('who asks to read a repository again while it is read waits for that reading', async () => {
  const asked: string[] = [];
  let finish: () => void = () => assert.fail('it has not begun');
  const shared = createReadingUseCases({
    ...{ crawl: untouched, acceptLoss: untouched, registryAddress: '', audit },
    refresh(name) {
      asked.push(name);
      return new Promise<void>((resolve) => {
        finish = resolve;
      });
    },
  });
  const first = shared.refresh(pusher, repository);
  const second = shared.refresh(member, repository);
  finish();
  await Promise.all([first.finished, second.finished]);
  assert.deepEqual(asked, [repository]);
  shared.refresh(pusher, repository);
  assert.deepEqual(asked, [repository, repository]);
});
