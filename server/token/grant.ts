import { ACTIONS, type Action } from '../access/action.ts';
import { allowedActions, type Rights } from '../access/rights.ts';
import { isRepositoryName } from '../registry/documents/reference.ts';
import { formatScope, parseScopes, type Scope } from './scope.ts';

/** One entry of the `access` claim, as the registry reads it. */
export interface AccessEntry {
  readonly type: string;
  readonly class?: string;
  readonly name: string;
  readonly actions: readonly string[];
}

/** Something asked for that is not held. */
export interface Shortfall {
  /** A repository, or `registry:catalog`, which no repository can be called. */
  readonly repository: string;
  readonly asked: readonly string[];
  readonly missing: readonly string[];
}

export interface Grant {
  readonly access: readonly AccessEntry[];
  readonly shortfalls: readonly Shortfall[];
}

export interface GrantContext {
  /** Canonical address of the client. */
  readonly address: string;
  /** No token may delete. */
  readonly readonly: boolean;
}

export const CATALOG = 'registry:catalog';
const NOTHING: Grant = { access: [], shortfalls: [] };

/**
 * What is asked for and held, and what is asked for and not held. Nothing that was not asked for is ever granted, and
 * names and types that the registry does not know give nothing.
 */
export function grantScopes(scopes: readonly Scope[], rights: Rights, context: GrantContext): Grant {
  if (scopes.length === 0) return NOTHING;
  const access: AccessEntry[] = [];
  const shortfalls: Shortfall[] = [];
  for (const scope of scopes) {
    const { entry, shortfall } = grantOne(scope, rights, context);
    if (entry !== undefined && entry.actions.length > 0) access.push(entry);
    if (shortfall !== undefined && shortfall.missing.length > 0) shortfalls.push(shortfall);
  }
  return { access, shortfalls };
}

interface Outcome {
  readonly entry?: AccessEntry;
  readonly shortfall?: Shortfall;
}

function grantOne(scope: Scope, rights: Rights, context: GrantContext): Outcome {
  if (scope.type === 'repository' && isRepositoryName(scope.name)) return grantRepository(scope, rights, context);
  if (scope.type === 'registry' && scope.name === 'catalog') return grantCatalog(scope, rights);
  return {};
}

function grantRepository(scope: Scope, rights: Rights, { address, readonly }: GrantContext): Outcome {
  const held = allowedActions(rights, scope.name, address);
  const may = (action: Action) => held.has(action) && !(readonly && action === 'delete');
  const wantsAll = scope.actions.includes('*');
  const asked = wantsAll ? ACTIONS : ACTIONS.filter((action) => scope.actions.includes(action));
  const actions: string[] = asked.filter(may);
  // A literal `*` would also allow what a later registry may check, so only who may do everything gets it.
  if (wantsAll && rights.isAdmin && !readonly) actions.push('*');
  const entry = { type: 'repository', ...(scope.class === undefined ? {} : { class: scope.class }), name: scope.name };
  const missing = asked.filter((action) => !may(action));
  return {
    entry: { ...entry, actions },
    shortfall: { repository: scope.name, asked: scope.actions, missing },
  };
}

/** The registry asks for exactly `registry:catalog:*`; the list names every repository, so only admins get it. */
function grantCatalog(scope: Scope, rights: Rights): Outcome {
  if (!scope.actions.includes('*')) return {};
  if (rights.isAdmin) return { entry: { type: 'registry', name: 'catalog', actions: ['*'] } };
  return { shortfall: { repository: CATALOG, asked: scope.actions, missing: ['*'] } };
}

/** Space-separated, as the OAuth answer names it. */
export function formatAccess(access: readonly AccessEntry[]): string {
  return access.map((entry) => formatScope({ class: undefined, ...entry })).join(' ');
}

/**
 * Exactly what is asked, for the calls that we make ourselves.
 * @throws {AppError} INVALID for a malformed scope.
 */
export function grantAll(scopes: readonly string[]): readonly AccessEntry[] {
  return parseScopes(scopes).map(({ type, name, actions }) => ({ type, name, actions }));
}
