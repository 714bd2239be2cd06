/**
 * Who may do what: users, roles, rules and grants, and the one engine that decides. Proving who somebody is belongs to
 * `accounts/`; tokens, lists and buttons only ask `Rights`.
 */
import type { SubjectKind } from '../storage/schema.ts';
import type { Rule } from './rule.ts';

export type Action = 'pull' | 'push' | 'delete';
export const ACTIONS: readonly Action[] = ['pull', 'push', 'delete'];

export interface Subject {
  readonly kind: SubjectKind;
  /** 0 for anonymous. */
  readonly id: number;
  /** '' for anonymous. */
  readonly name: string;
}

export const ANONYMOUS: Subject = { kind: 'anonymous', id: 0, name: '' };

/** What a subject holds at one moment. Frozen; a change of any grant gives a new one. */
export interface Rights {
  readonly subject: Subject;
  /** Holds the role `admin`: everything. */
  readonly isAdmin: boolean;
  /** May read events and audit of everybody. Admins may too. */
  readonly isAuditor: boolean;
  /** In no order that matters; `${user}` is already the subject's name, taken literally. */
  readonly rules: readonly Rule[];
}
