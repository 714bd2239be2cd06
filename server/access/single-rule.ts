import type { Database } from '../storage/database.ts';
import { ACTIONS, type Action } from './action.ts';
import { type AccessTransaction, changeAccess } from './change-access.ts';
import { deleteGrant, type Holder, insertGrant, isGranted } from './grants.ts';
import { addRole, MAX_NAME_LENGTH, parseRule, removeRole, rolesOfRule, uniqueRoleName, writeRules } from './roles.ts';
import { actionsOf, type RuleInput } from './rule.ts';

export interface SingleGrant {
  readonly role: string;
  readonly isNewRole: boolean;
  /** False: the subject held it already. */
  readonly isNew: boolean;
}

export interface SingleRevoke {
  readonly role: string;
  /** The role was created for this grant and nobody else held it, so it was removed. */
  readonly isRemoved: boolean;
}

/** Grants exactly one rule, by a role that consists of it: an existing one, or a new one. */
export function createSingleRuleRoles(db: Database, now: () => number = Date.now) {
  return {
    rolesOf: async (rule: RuleInput): Promise<readonly number[]> => (await rolesOfRule(db, rule)).map(({ id }) => id),
    /** @throws {AppError} INVALID for a malformed pattern, NOT_FOUND for a subject that is gone. */
    grant: (subject: Holder, rule: RuleInput, by: string): Promise<SingleGrant> =>
      changeAccess(db, async (transaction) => {
        const [known] = await rolesOfRule(transaction, rule);
        const role = known ?? (await makeRole(transaction, rule, now()));
        const isNew = await insertGrant(transaction, { subject, roleId: role.id, by, at: now() });
        return { role: role.name, isNewRole: known === undefined, isNew };
      }),
    revoke: (subject: Holder, rule: RuleInput): Promise<readonly SingleRevoke[]> =>
      changeAccess(db, async (transaction) => {
        const revoked: SingleRevoke[] = [];
        for (const role of await rolesOfRule(transaction, rule)) {
          if (!(await deleteGrant(transaction, subject, role.id))) continue;
          const isRemoved = isMadeFor(role, rule) && !(await isGranted(transaction, role.id));
          if (isRemoved) await removeRole(transaction, role.id);
          revoked.push({ role: role.name, isRemoved });
        }
        return revoked;
      }),
  };
}
export type SingleRuleRoles = ReturnType<typeof createSingleRuleRoles>;

async function makeRole(transaction: AccessTransaction, rule: RuleInput, at: number) {
  const name = await uniqueRoleName(transaction, baseName(rule));
  const id = await addRole(transaction, { name, description: '', created_at: at });
  await writeRules(transaction, id, [parseRule(rule)]);
  return { id, name };
}

const SUFFIX_LENGTH = 4;

/** `team/app` to pull: `team-app-pull`; `team/**` to push: `team-all-push`. */
function baseName(rule: RuleInput): string {
  const actions = actionsOf(rule);
  const isSaid = (action: Action) => actions.has(action) && !(action === 'pull' && actions.has('push'));
  const verbs = ACTIONS.filter(isSaid).join('-');
  const place = rule.repository.replace(/\*\*$/, 'all').replace(/[^a-z0-9._-]+/g, '-');
  return `${place.slice(0, MAX_NAME_LENGTH - SUFFIX_LENGTH - verbs.length - 1)}-${verbs}`;
}

/** A role with a description or a chosen name was made on purpose, so it stays when nobody holds it. */
function isMadeFor({ name, description }: { name: string; description: string }, rule: RuleInput): boolean {
  const base = baseName(rule);
  return description === '' && (name === base || /^-\d+$/.test(name.startsWith(base) ? name.slice(base.length) : ''));
}
