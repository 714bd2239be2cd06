/**
 * Granting and revoking rights. Each function throws {AppError} DENIED for anybody but admins, and changes nothing
 * then.
 */
import type { Audit, AuditDetail } from '../../audit/audit.ts';
import { AppError } from '../../errors.ts';
import { type Actor, auditActor, requireAdmin } from '../actor.ts';
import type { GrantStore, NamedHolder } from '../grants.ts';
import type { PublicAccess, PublicTarget } from '../public.ts';
import type { Role, RoleStore } from '../roles.ts';
import type { RuleInput } from '../rule.ts';
import type { SingleGrant, SingleRuleRoles } from '../single-rule.ts';

export interface GrantUseCasesDeps {
  readonly roles: Pick<RoleStore, 'get' | 'list'>;
  readonly grants: Pick<GrantStore, 'grant' | 'revoke' | 'rolesOf'>;
  readonly single: Pick<SingleRuleRoles, 'grant'>;
  readonly publicAccess: Pick<PublicAccess, 'ruleOf' | 'state' | 'open' | 'close'>;
  readonly audit: Pick<Audit, 'record'>;
}

/** Everybody, signed in or not. */
export const EVERYBODY: NamedHolder = { kind: 'anonymous', id: 0, name: '' };

/** Every change writes its audit entries; repeating a grant or revocation that changes nothing writes none. */
export function createGrantUseCases({ roles, grants, single, publicAccess, audit }: GrantUseCasesDeps) {
  type Change = 'role.grant' | 'role.revoke' | 'role.add' | 'role.remove';
  const note = (actor: Actor, action: Change, object: string, detail: AuditDetail) =>
    audit.record({ ...auditActor(actor), action, object, outcome: 'ok', detail });

  async function findRole(id: number): Promise<Role> {
    const role = await roles.get(id);
    if (role === undefined) throw new AppError('NOT_FOUND', 'There is no such role.', { key: 'role.unknown' });
    return role;
  }

  async function grantRole(actor: Actor, holder: NamedHolder, roleId: number, detail: AuditDetail = {}): Promise<Role> {
    requireAdmin(actor);
    const role = await findRole(roleId);
    const isNew = await grants.grant(holder, role.id, actor.name);
    if (isNew) await note(actor, 'role.grant', nameOf(holder), { role: role.name, ...detail });
    return role;
  }

  async function revokeRole(actor: Actor, holder: NamedHolder, roleId: number): Promise<Role> {
    requireAdmin(actor);
    const role = await findRole(roleId);
    const wasHeld = await grants.revoke(holder, role.id);
    if (wasHeld) await note(actor, 'role.revoke', nameOf(holder), { role: role.name });
    return role;
  }

  async function noteSingle(actor: Actor, holder: NamedHolder, granted: SingleGrant, repository: string) {
    const { role, isNewRole, isNew } = granted;
    if (isNewRole) await note(actor, 'role.add', role, { repository });
    if (isNew) await note(actor, 'role.grant', nameOf(holder), { role, repository });
  }

  async function close(actor: Actor, target: PublicTarget): Promise<void> {
    const { wider } = await publicAccess.state(target);
    if (wider.length > 0) throw stillPublic(wider[0]?.source?.role ?? '');
    const { repository } = publicAccess.ruleOf(target);
    for (const { role, isRemoved } of await publicAccess.close(target)) {
      await note(actor, 'role.revoke', nameOf(EVERYBODY), { role, repository });
      if (isRemoved) await note(actor, 'role.remove', role, { repository });
    }
  }

  return {
    /** @param detail what the audit keeps beside the role. @throws {AppError} NOT_FOUND, INVALID for admin to everybody. */
    grantRole,
    /** @throws {AppError} NOT_FOUND, CONFLICT for `admin` of the last active admin. */
    revokeRole,
    /** Exactly one rule, as a role that has no other. @throws {AppError} INVALID, NOT_FOUND. */
    async grantRule(actor: Actor, holder: NamedHolder, rule: RuleInput): Promise<SingleGrant> {
      requireAdmin(actor);
      const granted = await single.grant(holder, rule, actor.name);
      await noteSingle(actor, holder, granted, rule.repository);
      return granted;
    },
    /** Everybody holds these roles of rules and no other. */
    async setRolesOfEverybody(actor: Actor, wanted: ReadonlySet<number>): Promise<void> {
      requireAdmin(actor);
      const held = new Set((await grants.rolesOf(EVERYBODY)).map(({ id }) => id));
      for (const { id, kind } of await roles.list()) {
        // `admin` and `auditor` cannot be granted to everybody.
        if (kind !== 'rules' || wanted.has(id) === held.has(id)) continue;
        if (wanted.has(id)) await grantRole(actor, EVERYBODY, id);
        else await revokeRole(actor, EVERYBODY, id);
      }
    },
    /** @throws {AppError} CONFLICT when it stays public through a wider rule, INVALID when the name is too long for a rule. */
    async setPublic(actor: Actor, target: PublicTarget, isOpen: boolean): Promise<void> {
      requireAdmin(actor);
      if (!isOpen) return close(actor, target);
      const granted = await publicAccess.open(target, actor.name);
      await noteSingle(actor, EVERYBODY, granted, publicAccess.ruleOf(target).repository);
    },
  };
}
export type GrantUseCases = ReturnType<typeof createGrantUseCases>;

/** As in the audit log. */
function nameOf({ kind, name }: NamedHolder): string {
  return kind === 'anonymous' ? 'anonymous' : name;
}

/** Without this error an admin would believe that the repository is private. */
function stillPublic(role: string): AppError {
  return new AppError('CONFLICT', `It is still public through the role ${role}.`, {
    key: 'still_public',
    params: { role },
  });
}
