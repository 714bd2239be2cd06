/**
 * The token server behind the registry's `auth.token.realm`: what a client asks (`scope.ts`), what is granted of it
 * (`grant.ts`), how that is signed (`keys.ts`, `signer.ts`) and served (`routes.ts`). `access/` decides who has which
 * right, `accounts/` whether a password is right.
 */
import { AppError } from '../errors.ts';

/** One requested resource with its actions; requests for the same resource are merged. */
export interface Scope {
  readonly type: string;
  /** `plugin` in `repository(plugin):…`; undefined where there is none. */
  readonly class: string | undefined;
  readonly name: string;
  /** Without duplicates, in the order asked. */
  readonly actions: readonly string[];
}

/** Tools that copy many repositories ask for all of them at once; the length limit of URLs is near anyway. */
export const MAX_SCOPES = 100;
export const MAX_SCOPE_BYTES = 12 * 1024;

const TYPE = /^([a-z0-9]+)(?:\(([a-z0-9]+)\))?$/;

/**
 * `type[(class)]:name:action[,action…]`; the name may hold one more colon (a port), so the type ends at the first
 * colon and the actions begin after the last.
 * @throws {AppError} INVALID when a part is missing.
 * @see https://distribution.github.io/distribution/spec/auth/scope/#resource-scope-grammar
 */
export function parseScope(text: string): Scope {
  const first = text.indexOf(':');
  const last = text.lastIndexOf(':');
  const kind = TYPE.exec(text.slice(0, Math.max(first, 0)));
  const name = text.slice(first + 1, last);
  if (kind === null || last === first || name === '') throw malformed(text);
  const actions = [...new Set(text.slice(last + 1).split(','))].filter((action) => action !== '');
  return { type: kind[1] ?? '', class: kind[2], name, actions };
}

function malformed(text: string): AppError {
  return new AppError('INVALID', `The scope “${text.slice(0, 80)}” is not of the form type:name:actions`);
}

/**
 * The values of all `scope` parameters; each may hold several scopes, separated by spaces.
 * @throws {AppError} INVALID for a malformed scope or more than 100 different ones, TOO_LARGE above 12 KB of text.
 */
export function parseScopes(values: readonly string[]): readonly Scope[] {
  const size = values.reduce((sum, value) => sum + value.length, 0);
  if (size > MAX_SCOPE_BYTES) throw tooMany('TOO_LARGE', `more than ${MAX_SCOPE_BYTES} bytes of scopes`);
  const merged = new Map<string, Scope>();
  for (const value of values) {
    for (const text of value.split(' ')) {
      if (text !== '') merge(merged, parseScope(text));
    }
  }
  if (merged.size > MAX_SCOPES) throw tooMany('INVALID', `more than ${MAX_SCOPES} different scopes`);
  return [...merged.values()];
}

function tooMany(code: 'INVALID' | 'TOO_LARGE', what: string): AppError {
  return new AppError(code, `One token request may not ask for ${what}`);
}

/** Clients ask for overlaps, such as `…:pull` and `…:pull,push` of one repository in the same list. */
function merge(merged: Map<string, Scope>, scope: Scope): void {
  const key = `${scope.type}(${scope.class ?? ''}):${scope.name}`;
  const known = merged.get(key);
  const actions = known === undefined ? scope.actions : [...new Set([...known.actions, ...scope.actions])];
  merged.set(key, { ...scope, actions });
}

/** Inverse of `parseScope`, for logs and for the `scope` member of an answer. */
export function formatScope(scope: Pick<Scope, 'type' | 'class' | 'name' | 'actions'>): string {
  const kind = scope.class === undefined ? scope.type : `${scope.type}(${scope.class})`;
  return `${kind}:${scope.name}:${scope.actions.join(',')}`;
}
