import { ACTIONS, type Action } from '../access/action.ts';
import { allowedActions, type Rights } from '../access/rights.ts';
import { isRepositoryName } from '../registry/documents/reference.ts';
import { formatScope, parseScopes, type Scope } from './scope.ts';

/** One entry of the token's `access` claim. @see https://distribution.github.io/distribution/spec/auth/jwt/ */
export interface AccessEntry {
  readonly type: string;
  readonly class?: string;
  readonly name: string;
  readonly actions: readonly string[];
}

/** A requested scope of which some actions are not granted. */
export interface DeniedScope {
  /** A repository name, or `registry:catalog`, which cannot be a repository name. */
  readonly repository: string;
  readonly asked: readonly string[];
  readonly missing: readonly string[];
}

export interface Grant {
  readonly access: readonly AccessEntry[];
  readonly denied: readonly DeniedScope[];
}

export interface GrantContext {
  /** Canonical address of the client. */
  readonly address: string;
  /** Read-only mode: no token allows delete. */
  readonly readonly: boolean;
}

/** Stands in lists where a repository name stands, for a request for the whole catalog. */
export const CATALOG = 'registry:catalog';
const NOTHING: Grant = { access: [], denied: [] };

/**
 * Intersects the requested scopes with the subject's rights. Nothing is granted that was not requested; unknown types
 * and invalid repository names grant nothing and are not reported as denied.
 */
export function grantScopes(scopes: readonly Scope[], rights: Rights, context: GrantContext): Grant {
  if (scopes.length === 0) return NOTHING;
  const access: AccessEntry[] = [];
  const denied: DeniedScope[] = [];
  for (const scope of scopes) {
    const { entry, deniedScope } = grantOne(scope, rights, context);
    if (entry !== undefined && entry.actions.length > 0) access.push(entry);
    if (deniedScope !== undefined && deniedScope.missing.length > 0) denied.push(deniedScope);
  }
  return { access, denied };
}

interface Outcome {
  readonly entry?: AccessEntry;
  readonly deniedScope?: DeniedScope;
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
  // A literal `*` would also allow actions that a later registry may introduce, so only admins get it.
  if (wantsAll && rights.isAdmin && !readonly) actions.push('*');
  const entry = { type: 'repository', ...(scope.class === undefined ? {} : { class: scope.class }), name: scope.name };
  const missing = asked.filter((action) => !may(action));
  return {
    entry: { ...entry, actions },
    deniedScope: { repository: scope.name, asked: scope.actions, missing },
  };
}

/** The registry asks for exactly `registry:catalog:*`; the list names every repository, so only admins get it. */
function grantCatalog(scope: Scope, rights: Rights): Outcome {
  if (!scope.actions.includes('*')) return {};
  if (rights.isAdmin) return { entry: { type: 'registry', name: 'catalog', actions: ['*'] } };
  return { deniedScope: { repository: CATALOG, asked: scope.actions, missing: ['*'] } };
}

/** Space-separated scopes, as in the `scope` member of the OAuth answer (RFC 6749 §3.3). */
export function formatAccess(access: readonly AccessEntry[]): string {
  return access.map((entry) => formatScope({ class: undefined, ...entry })).join(' ');
}

/**
 * Access for our own calls: exactly the given scopes, without looking at anybody's rights.
 * @throws {AppError} INVALID for a malformed scope.
 */
export function grantAll(scopes: readonly string[]): readonly AccessEntry[] {
  return parseScopes(scopes).map(({ type, name, actions }) => ({ type, name, actions }));
}
