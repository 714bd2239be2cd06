import { AppError } from '../errors.ts';
import type { Action } from './action.ts';
import { ANONYMOUS, allowedActions, type Rights } from './rights.ts';

/**
 * Who makes a change, and from where: the first argument of every use case, whether a page, the API or a command calls
 * it.
 */
export interface Actor {
  /** As in the audit log: a user's name, '' for somebody not signed in. */
  readonly name: string;
  readonly address: string;
  readonly rights: Rights;
}

/** Commands run on the server have all rights; no account stands behind them. */
export const COMMAND_LINE: Actor = {
  name: 'command line',
  address: '',
  rights: { subject: ANONYMOUS, isAdmin: true, isAuditor: true, rules: [] },
};

/** The actor with these rights. @param address As `http/client-address.ts` gives it. */
export function actorWith(rights: Rights, address: string): Actor {
  return { name: rights.subject.name, address, rights };
}

/** The fields that name the actor in an audit entry. */
export function auditActor({ name, address }: Actor): { readonly actor: string; readonly address: string } {
  return { actor: name, address };
}

/** @throws {AppError} DENIED for anybody but admins. */
export function requireAdmin({ rights }: Actor): void {
  if (!rights.isAdmin) throw new AppError('DENIED', 'Only admins can do this.', { key: 'api.admin' });
}

/** Whether the actor may do this to the repository, from the actor's address. */
export function mayAct({ rights, address }: Actor, action: Action, repository: string): boolean {
  return allowedActions(rights, repository, address).has(action);
}

/**
 * The NOT_FOUND error (returned, not thrown) for what is missing and for what the actor may not see: one text for both,
 * so that it does not reveal hidden repositories.
 */
export function notFoundOrHidden(): AppError {
  return new AppError('NOT_FOUND', 'There is no such repository or image, or you may not see it.', {
    key: 'image_hidden',
  });
}
