/**
 * Who may do what: users, roles, rules, grants, and the engine that decides. Authentication belongs to `accounts/`;
 * tokens, lists and buttons ask `Rights`.
 */
import type { SubjectKind } from '../storage/schema.ts';
import { ACTIONS, type Action } from './action.ts';
import { matchesAddress } from './address.ts';
import { matchesGlob } from './glob.ts';
import type { Rule } from './rule.ts';

export interface Subject {
  readonly kind: SubjectKind;
  /** 0 for anonymous. */
  readonly id: number;
  /** '' for anonymous. */
  readonly name: string;
}

export const ANONYMOUS: Subject = { kind: 'anonymous', id: 0, name: '' };

/** The rights of a subject at one moment. Frozen: a changed grant gives a new object. */
export interface Rights {
  readonly subject: Subject;
  /** Holds the role `admin`: everything. */
  readonly isAdmin: boolean;
  /** May read events and audit of everybody. Admins may too. */
  readonly isAuditor: boolean;
  /** In no order that matters; `${user}` is already the subject's name, taken literally. */
  readonly rules: readonly Rule[];
}

const EVERYTHING: ReadonlySet<Action> = new Set(ACTIONS);

/** Everything the subject may do with this repository from this address. Rules only add, none takes away. */
export function allowedActions(rights: Rights, repository: string, address: string): ReadonlySet<Action> {
  if (rights.isAdmin) return EVERYTHING;
  const allowed = new Set<Action>();
  for (const rule of rights.rules) {
    if (addsNothing(rule, allowed)) continue;
    if (!matchesGlob(rule.repository, repository) || !matchesAddress(rule.address, address)) continue;
    for (const action of rule.actions) allowed.add(action);
    if (allowed.size === EVERYTHING.size) break;
  }
  return allowed;
}

/** The rules that match this repository, whatever the address; empty for admins. */
export function rulesFor(rights: Rights, repository: string): readonly Rule[] {
  return rights.rules.filter((rule) => matchesGlob(rule.repository, repository));
}

function addsNothing(rule: Rule, allowed: ReadonlySet<Action>): boolean {
  for (const action of rule.actions) if (!allowed.has(action)) return false;
  return true;
}

/** The repository patterns that allow pull from this address; `all` when every repository is visible. */
export function pullPatterns(rights: Rights, address: string): 'all' | readonly string[] {
  if (rights.isAdmin) return 'all';
  const patterns = new Set<string>();
  for (const rule of rights.rules) {
    if (!rule.actions.has('pull') || !matchesAddress(rule.address, address)) continue;
    if (rule.repository.text === '**') return 'all';
    patterns.add(rule.repository.text);
  }
  return [...patterns];
}
