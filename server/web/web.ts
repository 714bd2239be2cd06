import { join } from 'node:path';
import express, { type Request, type RequestHandler, type Router } from 'express';
import type { Store } from 'express-session';
import type { Config } from '../config/config.ts';
import { isPlainRegistry, registryHost } from '../config/public-url.ts';
import { AppError } from '../errors.ts';
import type { OriginOf } from '../http/client-address.ts';
import { securityHeaders } from '../http/security-headers.ts';
import { createStaticFiles } from '../http/static-files.ts';
import type { Logger } from '../log.ts';
import type { AccountPagesDeps } from './accounts/account-deps.ts';
import { accountPages } from './accounts/account-pages.ts';
import { readAssets } from './shell/assets.ts';
import { createConfirmation } from './shell/confirmed.ts';
import { createCookies } from './shell/cookies.ts';
import { createCsrf, isSameOrigin } from './shell/csrf.ts';
import { errorPage, missingPage } from './shell/error-page.ts';
import { errorText } from './shell/form.ts';
import { createGuard } from './shell/guard.ts';
import { createLanguages } from './shell/i18n.ts';
import { keyboardPage } from './shell/keyboard.ts';
import type { NavCounts } from './shell/nav.ts';
import type { NearReferences } from './shell/near-matches.ts';
import type { RegistryState } from './shell/page.ts';
import { createPageFactory, csrfBinding } from './shell/page-factory.ts';
import type { Placeholders } from './shell/placeholders.ts';
import { plainAddresses } from './shell/plain-address.ts';
import { preferencesPage } from './shell/preferences.ts';
import { createRoutes, type FormSize, type PageModule, type RouteEntry } from './shell/routes.ts';
import { sessionCookieName, sessionMiddleware } from './shell/session.ts';
import { createSessionGate, type SessionGate } from './shell/session-gate.ts';
import type { SharedPages } from './shell/shared-pages.ts';
import { createViewEngine } from './shell/view-engine.ts';
import type { Viewer } from './shell/viewer.ts';
import { createViewerOf } from './shell/viewer-of-request.ts';

export interface WebDeps extends AccountPagesDeps {
  readonly config: Config;
  /** Folder with `views/`, `locales/`, `public/` and `dist/`. */
  readonly root: string;
  readonly originOf: OriginOf;
  readonly sessionStore: Store;
  /** At least 256 random bits, the same after a restart: signs session cookies and CSRF tokens. */
  readonly secret: string;
  readonly log: Logger;
  /** false in development: templates are read again for every page. */
  readonly cacheViews: boolean;
  /** All pages but those of accounts and administration. */
  readonly pages: readonly PageModule[];
  /** Counts shown in the side bar, by the id of the entry. */
  readonly counts?: (viewer: Viewer, address: string) => Promise<NavCounts>;
  readonly registryState?: () => RegistryState | undefined;
  /** Why the database cannot be written; undefined: it can. */
  readonly storageError?: () => AppError | undefined;
  /** Left out: every page is drawn for who asks. */
  readonly sharedPages?: { readonly pages: SharedPages; readonly placeholders: Placeholders };
  readonly near?: NearReferences;
}

export interface Web {
  /** All pages with sessions, headers and error pages; mounted under the base path, behind the API. */
  readonly router: Router;
  readonly routes: readonly RouteEntry[];
  /** Session check for the JSON API, which browsers use as well. */
  readonly sessions: SessionGate;
  /** The text of an error in the best language of an `Accept-Language` header. */
  readonly sentence: (error: AppError, acceptLanguage: string | undefined) => { text: string; language: string };
}

const FORM_LIMITS: Record<FormSize, string> = { short: '64kb', long: '256kb' };
const MAX_FIELDS = 2000;

export function createWeb(deps: WebDeps): Web {
  const { config, originOf, secret } = deps;
  const basePath = config.server.base_path;
  const authEnabled = config.registry.auth.enabled;
  const cookies = createCookies({ originOf, basePath, secret });
  const csrf = createCsrf(secret);
  const viewerOf = createViewerOf({ access: deps.access, users: deps.users, authEnabled });
  const languages = createLanguages(join(deps.root, 'locales'));
  const createPage = createPageFactory({
    originOf,
    basePath,
    authEnabled,
    cookies,
    csrf,
    registryName: registryHost(config),
    isPlainRegistry: isPlainRegistry(config),
    languages,
    renderView: createViewEngine(join(deps.root, 'views'), deps.cacheViews),
    assets: readAssets(join(deps.root, 'dist')),
    now: deps.now,
    counts: deps.counts ?? (async () => ({})),
    registryState: deps.registryState ?? (() => undefined),
    storageError: deps.storageError ?? (() => undefined),
    shared: deps.sharedPages,
  });

  const router = express.Router();
  router.use(securityHeaders(originOf));
  router.use('/assets', createStaticFiles(join(deps.root, 'dist', 'public')));
  router.use(plainAddresses(basePath));
  const sessions = sessionMiddleware({ store: deps.sessionStore, secret, originOf });
  router.use(sessions);
  const publicUrl = config.server.public_url;
  const publicHost = publicUrl === null ? undefined : new URL(publicUrl).host;
  const formChecks = (size: FormSize): readonly RequestHandler[] => [
    (request, _response, next) =>
      next(isSameOrigin(request, originOf(request), publicHost) ? undefined : foreignForm()),
    express.urlencoded({ extended: false, limit: FORM_LIMITS[size], parameterLimit: MAX_FIELDS, inflate: false }),
    (request, _response, next) =>
      next(csrf.verify(request.body?.['_csrf'], csrfBinding(request, cookies)) ? undefined : refusedForm(request)),
  ];
  /** A form of an ended session is no attack: its sender signs in and returns to the page. */
  const refusedForm = (request: Request): AppError => {
    const hadSession = cookies.read(request, sessionCookieName(originOf(request).secure)) !== undefined;
    return hadSession && request.session?.userId === undefined ? sessionEnded() : foreignForm();
  };
  const administrators = async () => {
    const role = (await deps.roles.list()).find(({ kind }) => kind === 'admin');
    return role === undefined ? [] : (await deps.grants.holdersOf(role.id)).map(({ name }) => name);
  };
  const confirmation = createConfirmation({ signIn: deps.useCases.signIn, now: deps.now });
  const guard = createGuard({ viewerOf, createPage, authEnabled, confirmation });
  const routes = createRoutes(router, guard, formChecks);
  preferencesPage({ cookies, languages })(routes);
  keyboardPage(routes);
  if (authEnabled) accountPages(deps, confirmation)(routes);
  for (const page of deps.pages) page(routes);
  const near = deps.near ?? (async () => []);
  router.use(missingPage());
  router.use(errorPage({ createPage, viewerOf, log: deps.log, administrators, near }));
  return {
    router,
    routes: routes.table,
    sessions: createSessionGate({ sessions, viewerOf, cookies, csrf, originOf, publicHost }),
    sentence(error, acceptLanguage) {
      const language = languages.preferred(acceptLanguage);
      return { language, text: errorText(error, languages.translator(language), languages) };
    },
  };
}

function sessionEnded(): AppError {
  return new AppError('UNAUTHENTICATED', 'Your session has ended. Sign in again.', { key: 'page.session_ended' });
}

function foreignForm(): AppError {
  return new AppError('DENIED', 'This form is too old or came from another site. Open the page again.', {
    key: 'form.foreign',
  });
}
