/**
 * Pages for people: sign-in, the shell around every page, and one file per page. Rules live below; here a request
 * becomes a `Page`, the guard of its route lets it in or not, and a view model becomes HTML.
 */
import type { Request, RequestHandler, Response, Router } from 'express';
import type { Page } from './page.ts';

/**
 * Who may open a route. `browse`: anonymous too, where anonymous holds anything; `setup`: only who still has to replace
 * the password. Everything but `public` and `setup` is closed to those.
 */
export type Policy = 'public' | 'setup' | 'browse' | 'signed-in' | 'auditor' | 'admin';

export type PageHandler = (page: Page, request: Request, response: Response) => Promise<void> | void;

export interface RouteEntry {
  readonly method: 'GET' | 'POST';
  readonly path: string | RegExp;
  readonly policy: Policy;
  /** Needs the password again when it was typed a while ago. */
  readonly confirmed: boolean;
}

export interface RouteOptions {
  /**
   * For what widens rights or changes accounts: asks for the password again. A submitted form is kept and executed with
   * the password.
   */
  readonly confirmed?: true;
}

export interface FormOptions extends RouteOptions {
  readonly size?: FormSize;
}

export interface Routes {
  readonly get: (path: string | RegExp, policy: Policy, handler: PageHandler, options?: RouteOptions) => void;
  /** The body is a form of at most 64 KB, or 256 KB for a `long` one; its CSRF token is checked before the handler runs. */
  readonly post: (path: string | RegExp, policy: Policy, handler: PageHandler, options?: FormOptions) => void;
  readonly table: readonly RouteEntry[];
}

/** `long`: with a text that people write. */
export type FormSize = 'short' | 'long';

/** What a page file exports, once it has its dependencies. */
export type PageModule = (routes: Routes) => void;

/** @returns undefined when the viewer may not open the route or must type the password first; the answer was sent then. */
export type Guard = (route: GuardedRoute, request: Request, response: Response) => Promise<Page | undefined>;

export interface GuardedRoute {
  readonly policy: Policy;
  readonly confirmed: boolean;
}

/** Every route is registered here, so none lacks a policy. A test goes through `table`. */
export function createRoutes(
  router: Router,
  guard: Guard,
  formChecks: (size: FormSize) => readonly RequestHandler[],
): Routes {
  const table: RouteEntry[] = [];
  const guarded =
    (route: GuardedRoute, handler: PageHandler): RequestHandler =>
    async (request, response) => {
      const page = await guard(route, request, response);
      if (page !== undefined) await handler(page, request, response);
    };
  return {
    table,
    get(path, policy, handler, { confirmed = false } = {}) {
      table.push({ method: 'GET', path, policy, confirmed });
      router.get(path, guarded({ policy, confirmed }, handler));
    },
    post(path, policy, handler, { confirmed = false, size = 'short' } = {}) {
      table.push({ method: 'POST', path, policy, confirmed });
      router.post(path, ...formChecks(size), guarded({ policy, confirmed }, handler));
    },
  };
}
