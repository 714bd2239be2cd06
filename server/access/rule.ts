import { type AddressPattern, matchesAddress, parseAddressPattern } from './address.ts';
import { type Glob, matchesGlob, withUser } from './glob.ts';
import { ACTIONS, type Action, type Rights } from './rights.ts';

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

const EVERYTHING: ReadonlySet<Action> = new Set(ACTIONS);

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

/** Everything the subject may do with this repository from this address. Rules only add. */
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

/** The rules that say something about this repository, whatever the address; none for admins, who need none. */
export function rulesFor(rights: Rights, repository: string): readonly Rule[] {
  return rights.rules.filter((rule) => matchesGlob(rule.repository, repository));
}

function addsNothing(rule: Rule, allowed: ReadonlySet<Action>): boolean {
  for (const action of rule.actions) if (!allowed.has(action)) return false;
  return true;
}

/** The repository patterns that give pull from this address; `all` when no repository is hidden. */
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
