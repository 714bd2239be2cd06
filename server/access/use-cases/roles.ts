/** Managing roles. Each function throws {AppError} DENIED for anybody but admins, and changes nothing then. */
import type { Audit } from '../../audit/audit.ts';
import { type Actor, auditActor, requireAdmin } from '../actor.ts';
import type { GrantStore } from '../grants.ts';
import type { Role, RoleStore } from '../roles.ts';
import type { RuleInput } from '../rule.ts';

export interface RoleUseCasesDeps {
  readonly roles: Pick<RoleStore, 'add' | 'setRules' | 'remove'>;
  readonly grants: Pick<GrantStore, 'holdersOf'>;
  readonly audit: Pick<Audit, 'record'>;
}

type NamedRole = Pick<Role, 'id' | 'name'>;

export function createRoleUseCases({ roles, grants, audit }: RoleUseCasesDeps) {
  return {
    /** @throws {AppError} CONFLICT when the name is taken, INVALID when it is malformed. */
    async add(actor: Actor, given: Pick<Role, 'name' | 'description'>): Promise<Role> {
      requireAdmin(actor);
      const role = await roles.add(given);
      await audit.record({ ...auditActor(actor), action: 'role.add', object: role.name, outcome: 'ok' });
      return role;
    },
    /** Replaces all of them. @throws {AppError} INVALID, NOT_FOUND, CONFLICT for a built-in role. */
    async setRules(actor: Actor, { id, name }: NamedRole, rules: readonly RuleInput[]): Promise<void> {
      requireAdmin(actor);
      await roles.setRules(id, rules);
      const entry = { ...auditActor(actor), action: 'role.rules', object: name } as const;
      await audit.record({ ...entry, outcome: 'ok', detail: { rules: rules.length } });
    },
    /** Takes it from everybody who holds it. @throws {AppError} NOT_FOUND, CONFLICT for a built-in role. */
    async remove(actor: Actor, { id, name }: NamedRole): Promise<void> {
      requireAdmin(actor);
      const holders = await grants.holdersOf(id);
      await roles.remove(id);
      const entry = { ...auditActor(actor), action: 'role.remove', object: name } as const;
      await audit.record({ ...entry, outcome: 'ok', detail: { holders: holders.length } });
    },
  };
}
export type RoleUseCases = ReturnType<typeof createRoleUseCases>;
