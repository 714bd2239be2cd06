/** Rows about who may do what with one repository, and why. `access/` decides; this only words it. */

import { ACTIONS, type Action } from '../../access/action.ts';
import { matchesAddress } from '../../access/address.ts';
import { hasUserPlaceholder } from '../../access/glob.ts';
import type { MatchingRole } from '../../access/repository-access.ts';
import { allowedActions, type Rights, rulesFor } from '../../access/rights.ts';
import type { Rule } from '../../access/rule.ts';
import type { Page } from '../shell/page.ts';
import { actionLabel } from './event-cells.ts';
import { mayManage, rolePath, userPath } from './people.ts';

type AccessPage = Pick<Page, 't' | 'format' | 'url' | 'viewer'>;

export interface ActionChip {
  readonly text: string;
  readonly isDelete: boolean;
}

/** The role and the rule that a right comes from. */
export interface ReasonCells {
  readonly role: string;
  /** null for viewers who may not see roles. */
  readonly roleHref: string | null;
  /** '' for admins, who need no rule. */
  readonly pattern: string;
  /** The pattern with its placeholders filled in for this person; '' without placeholders. */
  readonly filled: string;
  /** The network that the rule is limited to; '' for any. */
  readonly from: string;
  readonly actions: readonly ActionChip[];
  readonly isForEverybody: boolean;
}

export interface RoleCells {
  readonly name: string;
  readonly href: string | null;
  readonly rules: readonly Omit<ReasonCells, 'role' | 'roleHref' | 'filled' | 'isForEverybody'>[];
  readonly holders: string;
  readonly isForEverybody: boolean;
}

export interface PersonCells {
  readonly name: string;
  readonly href: string | null;
  readonly actions: readonly ActionChip[];
  readonly reasons: readonly ReasonCells[];
}

export function actionChips(actions: ReadonlySet<Action>, { t }: Pick<Page, 't'>): readonly ActionChip[] {
  return ACTIONS.filter((action) => actions.has(action)).map((action) => ({
    text: actionLabel(action, t),
    isDelete: action === 'delete',
  }));
}

/** What the rules allow together from any address: the most that the person can do here. */
export function mostActions(rights: Rights, rules: readonly Rule[]): ReadonlySet<Action> {
  if (rights.isAdmin) return new Set(ACTIONS);
  return new Set(rules.flatMap((rule) => [...rule.actions]));
}

export function reasonCells(rights: Rights, rules: readonly Rule[], page: AccessPage): readonly ReasonCells[] {
  const reasons = rules.map((rule) => ruleReason(rule, page));
  return rights.isAdmin ? [adminReason(page), ...reasons] : reasons;
}

export function ruleReason({ source, repository, address, actions }: Rule, page: AccessPage): ReasonCells {
  const role = source?.role ?? '';
  const pattern = source?.pattern ?? repository.text;
  return {
    ...{ role, roleHref: roleHref(role, page) },
    ...{ pattern, filled: hasUserPlaceholder(pattern) ? repository.text : '', from: fromText(address.text, page) },
    actions: actionChips(actions, page),
    isForEverybody: source?.isForEverybody ?? false,
  };
}

export function adminReason(page: AccessPage): ReasonCells {
  const all = {
    pattern: '',
    filled: '',
    from: '',
    actions: actionChips(new Set(ACTIONS), page),
    isForEverybody: false,
  };
  return { role: 'admin', roleHref: roleHref('admin', page), ...all };
}

/** @returns null for viewers who may not open the pages of roles. */
export function roleHref(role: string, page: AccessPage): string | null {
  return mayManage(page) ? page.url(rolePath(role)) : null;
}

function fromText(address: string, { t }: Pick<Page, 't'>): string {
  return address === '*' || address === '**' ? '' : t('repositories:access.from', { address });
}

export function roleCells(role: MatchingRole, page: AccessPage): RoleCells {
  const rules = role.rules.map((rule) => ({
    pattern: rule.repository,
    from: fromText(rule.address, page),
    actions: actionChips(rule.actions, page),
  }));
  const everything = { pattern: '', from: '', actions: actionChips(new Set(ACTIONS), page) };
  return {
    ...{ name: role.name, href: roleHref(role.name, page), isForEverybody: role.isForEverybody },
    rules: role.kind === 'admin' ? [everything] : rules,
    holders: page.format.number(role.users),
  };
}

/** What a person can do with the repository, over all addresses, and why. */
export function personCells(name: string, rights: Rights, repository: string, page: AccessPage): PersonCells {
  const rules = rulesFor(rights, repository);
  return {
    name,
    href: mayManage(page) ? page.url(userPath(name)) : null,
    actions: actionChips(mostActions(rights, rules), page),
    reasons: reasonCells(rights, rules, page),
  };
}

export interface Verdict {
  readonly isAllowed: boolean;
  readonly reasons: readonly ReasonCells[];
}

/** The decision of the engine about one request, with the rules that led to it. */
export function verdict(
  rights: Rights,
  asked: { readonly repository: string; readonly action: Action; readonly address: string },
  page: AccessPage,
): Verdict {
  const { repository, action, address } = asked;
  const rules = rulesFor(rights, repository).filter(
    (rule) => rule.actions.has(action) && matchesAddress(rule.address, address),
  );
  return {
    isAllowed: allowedActions(rights, repository, address).has(action),
    reasons: reasonCells(rights, rules, page),
  };
}
