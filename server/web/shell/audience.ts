import type { Rights } from '../../access/rights.ts';

const known = new WeakMap<Rights, string>();

/** Equal for rights that allow the same, whoever holds them. */
export function fingerprint(rights: Rights): string {
  const found = known.get(rights);
  if (found !== undefined) return found;
  const lines = rights.rules.map(
    ({ repository, address, actions }) => `${repository.text}\n${address.text}\n${[...actions].sort()}`,
  );
  const text = JSON.stringify([rights.isAdmin, rights.isAuditor, lines.sort()]);
  known.set(rights, text);
  return text;
}

export interface Asking {
  readonly rights: Rights;
  readonly isSignedIn: boolean;
  readonly address: string;
}

/** Equal for people who see the same. The address counts where a rule asks for it. */
export function audienceOf({ rights, isSignedIn, address }: Asking): string {
  const isBound = !rights.isAdmin && rights.rules.some((rule) => rule.address.text !== '*');
  return `${isSignedIn ? 'person' : 'nobody'} ${isBound ? address : '*'} ${fingerprint(rights)}`;
}
