import type { Actor } from '../../access/actor.ts';
import { AppError } from '../../errors.ts';
import type { Stars } from '../lists/stars.ts';

export type SetStar = (actor: Actor, repository: string, isOn: boolean) => Promise<void>;

/** A star on or off: of the account that asks, so the audit has no entry for it. Twice is once. */
export function createSetStar(stars: Pick<Stars, 'star' | 'unstar'>): SetStar {
  /** @throws {AppError} DENIED where nobody signs in. */
  return async ({ rights: { subject } }, repository, isOn) => {
    if (subject.kind !== 'user') {
      throw new AppError('DENIED', 'Stars belong to accounts: sign in first.', { key: 'star_needs_account' });
    }
    if (isOn) await stars.star(subject.id, repository);
    else await stars.unstar(subject.id, repository);
  };
}
