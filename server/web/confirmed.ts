import type { Request } from 'express';

const TRUSTED_FOR_MS = 10 * 60_000;

/**
 * What widens rights or harms accounts needs the password again when it was typed more than ten minutes ago: a browser
 * left open is not enough to stay in for good. Asked by the guard, for routes that say `confirmed`.
 */
export function isConfirmed(request: Request, now: number): boolean {
  const at = request.session?.confirmedAt ?? 0;
  // A clock set back must not make it last longer.
  return at <= now && now - at < TRUSTED_FOR_MS;
}

/** `/users/:name` with the name that stands in the address asked for. */
export function filledPath(path: string, request: Request): string {
  return path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(request.params[name] ?? '')));
}
