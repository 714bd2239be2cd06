import { AppError } from '../errors.ts';
import type { Action } from './action.ts';
import { ANONYMOUS, allowedActions, type Rights } from './rights.ts';

/** Who asks for a change, and from where: what each use case gets first, whichever way the request came. */
export interface Actor {
  /** As the audit has it: a user's name, '' for somebody not signed in. */
  readonly name: string;
  readonly address: string;
  readonly rights: Rights;
}

/** Whoever has the machine may do everything; no account stands behind it. */
export const COMMAND_LINE: Actor = {
  name: 'command line',
  address: '',
  rights: { subject: ANONYMOUS, isAdmin: true, isAuditor: true, rules: [] },
};

/** The person whose rights these are. */
export function actorWith(rights: Rights, address: string): Actor {
  return { name: rights.subject.name, address, rights };
}

/** As an entry of the audit names them. */
export function auditedActor({ name, address }: Actor): { readonly actor: string; readonly address: string } {
  return { actor: name, address };
}

/** @throws {AppError} DENIED. */
export function requireAdmin({ rights }: Actor): void {
  if (!rights.isAdmin) throw new AppError('DENIED', 'Only admins can do this.', { key: 'api.admin' });
}

export function mayAct({ rights, address }: Actor, action: Action, repository: string): boolean {
  return allowedActions(rights, repository, address).has(action);
}

/** Missing and hidden look the same. */
export function hidden(): AppError {
  return new AppError('NOT_FOUND', 'There is no such repository or image, or you may not see it.', {
    key: 'image_hidden',
  });
}
