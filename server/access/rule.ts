import type { Action } from './action.ts';
import { type AddressPattern, parseAddressPattern } from './address.ts';
import { type Glob, withUser } from './glob.ts';

/** One line of a role, made ready for one subject. */
export interface Rule {
  readonly repository: Glob;
  readonly address: AddressPattern;
  readonly actions: ReadonlySet<Action>;
  /** Where it stands, for those who ask why. */
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

/** One line of a role as a person writes it. */
export interface RuleInput {
  readonly repository: string;
  readonly address: string;
  readonly canPull: boolean;
  readonly canPush: boolean;
  readonly canDelete: boolean;
}

/**
 * @param username Stands where the pattern says `${user}`; taken literally, whatever it contains.
 * @throws {AppError} INVALID when a pattern is malformed.
 */
export function compileRule(input: RuleInput, username: string, source?: RuleSource): Rule {
  return {
    repository: withUser(input.repository, username),
    address: parseAddressPattern(input.address),
    actions: actionsOf(input),
    ...(source === undefined ? {} : { source }),
  };
}

/** Push implies pull: no client can push without reading what is there. */
export function actionsOf(input: Pick<RuleInput, 'canPull' | 'canPush' | 'canDelete'>): ReadonlySet<Action> {
  const actions = new Set<Action>();
  if (input.canPull || input.canPush) actions.add('pull');
  if (input.canPush) actions.add('push');
  if (input.canDelete) actions.add('delete');
  return actions;
}
