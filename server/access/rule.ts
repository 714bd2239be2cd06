import type { Action } from './action.ts';
import { type AddressPattern, parseAddressPattern } from './address.ts';
import { compileForUser, type Glob } from './glob.ts';

/** One rule of a role, compiled for one subject. */
export interface Rule {
  readonly repository: Glob;
  readonly address: AddressPattern;
  readonly actions: ReadonlySet<Action>;
  /** The role it comes from, for explanations. */
  readonly source?: RuleSource;
}

export interface RuleSource {
  readonly roleId: number;
  readonly role: string;
  /** As it was written, `${user}` included. */
  readonly pattern: string;
  /** Held by everybody, signed in or not. */
  readonly isForEverybody: boolean;
}

/** One rule of a role as entered. */
export interface RuleInput {
  readonly repository: string;
  readonly address: string;
  readonly canPull: boolean;
  readonly canPush: boolean;
  readonly canDelete: boolean;
}

/**
 * @param username Replaces `${user}`; taken literally, whatever it contains.
 * @throws {AppError} INVALID when a pattern is malformed.
 */
export function compileRule(input: RuleInput, username: string, source?: RuleSource): Rule {
  return {
    repository: compileForUser(input.repository, username),
    address: parseAddressPattern(input.address),
    actions: actionsOf(input),
    ...(source === undefined ? {} : { source }),
  };
}

/** Push includes pull: no client can push without reading what exists. */
export function actionsOf(input: Pick<RuleInput, 'canPull' | 'canPush' | 'canDelete'>): ReadonlySet<Action> {
  const actions = new Set<Action>();
  if (input.canPull || input.canPush) actions.add('pull');
  if (input.canPush) actions.add('push');
  if (input.canDelete) actions.add('delete');
  return actions;
}
