import type { Access } from './engine.ts';
import { escapeGlob, matchesGlob } from './glob.ts';
import { ANONYMOUS } from './rights.ts';
import type { Rule, RuleInput } from './rule.ts';
import type { SingleRuleRoles } from './single-rule.ts';

/** What the *Public* switch applies to: one repository, or everything in a folder. */
export interface PublicTarget {
  readonly kind: 'repository' | 'folder';
  readonly name: string;
}

export interface PublicState {
  /** Everybody may pull it, from anywhere, without signing in. */
  readonly isPublic: boolean;
  /** A grant with exactly this rule makes it public: the one that the switch creates and removes. */
  readonly isOwn: boolean;
  /** Other rules for everybody that include it. */
  readonly wider: readonly Rule[];
  /** Rules for everybody that apply only to some addresses. */
  readonly limited: readonly Rule[];
}

export interface PublicAccessDeps {
  readonly access: Pick<Access, 'rightsOf'>;
  readonly single: SingleRuleRoles;
}

/**
 * Whether everybody may pull a repository or folder, through which rules, and the switch that grants or revokes exactly
 * that.
 */
export function createPublicAccess({ access, single }: PublicAccessDeps) {
  async function state(target: PublicTarget): Promise<PublicState> {
    const rules = (await access.rightsOf(ANONYMOUS)).rules.filter((rule) => opens(rule, target));
    const open = rules.filter(({ address }) => address.kind === 'any');
    const own = new Set(open.length === 0 ? [] : await single.rolesOf(ruleOf(target)));
    const isOwn = ({ source }: Rule) => source !== undefined && own.has(source.roleId);
    return {
      isPublic: open.length > 0,
      isOwn: open.some(isOwn),
      wider: open.filter((rule) => !isOwn(rule)),
      limited: rules.filter(({ address }) => address.kind !== 'any'),
    };
  }

  return {
    ruleOf,
    state,
    /** @throws {AppError} INVALID when the name is too long for a rule. */
    open: (target: PublicTarget, by: string) => single.grant(ANONYMOUS, ruleOf(target), by),
    close: (target: PublicTarget) => single.revoke(ANONYMOUS, ruleOf(target)),
  };
}
export type PublicAccess = ReturnType<typeof createPublicAccess>;

function ruleOf({ kind, name }: PublicTarget): RuleInput {
  const repository = kind === 'folder' ? `${escapeGlob(name)}/**` : escapeGlob(name);
  return { repository, address: '*', canPull: true, canPush: false, canDelete: false };
}

/** A rule opens a folder when it covers all of it. A pattern with wildcards in its middle is never taken to cover one. */
function opens({ actions, repository }: Rule, { kind, name }: PublicTarget): boolean {
  if (!actions.has('pull')) return false;
  if (kind === 'repository') return matchesGlob(repository, name);
  return repository.simple?.kind === 'prefix' && `${name}/`.startsWith(repository.simple.value);
}
