import type { Request } from 'express';
import type { Page } from './page.ts';

const TRUSTED_FOR_MS = 10 * 60_000;

/**
 * Making accounts, giving roles and resetting passwords need the password again when it was typed more than ten minutes
 * ago: a browser left open is not enough to stay in for good. Answers by itself and returns false then.
 * @param back Page of ours from which the person starts over.
 */
export function isConfirmed(page: Page, request: Request, now: number, back: string): boolean {
  const at = request.session.confirmedAt ?? 0;
  // A clock set back must not make it last longer.
  if (at <= now && now - at < TRUSTED_FOR_MS) return true;
  page.redirect(`/confirm?next=${encodeURIComponent(back)}`);
  return false;
}
