import { randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';
import { hostName, isLoopback, isLoopbackName } from '../../config/host-name.ts';
import { AppError } from '../../errors.ts';
import type { OriginOf } from '../../http/client-address.ts';
import { sendText } from '../../http/compress.ts';
import type { Assets } from './assets.ts';
import { isBackground } from './background.ts';
import type { Cookies } from './cookies.ts';
import { parseCopyChoice } from './copy-choice.ts';
import type { Csrf } from './csrf.ts';
import { errorText, fieldErrors, formValues, parseForm, retypeErrors } from './form.ts';
import { createFormat } from './format.ts';
import type { Languages, Locale } from './i18n.ts';
import { type NavCounts, navigation } from './nav.ts';
import { ownPath } from './own-path.ts';
import type { Page, PageFactory, PageView, RegistryState, Scheme } from './page.ts';
import { initials, personTone } from './person.ts';
import { sessionCookieName } from './session.ts';
import type { RenderView } from './view-engine.ts';
import type { Viewer } from './who-asks.ts';

export interface PageFactoryDeps {
  readonly originOf: OriginOf;
  readonly basePath: string;
  readonly registryName: string;
  /** Known to speak plain HTTP under that name. */
  readonly isPlainRegistry: boolean;
  readonly authEnabled: boolean;
  readonly languages: Languages;
  readonly renderView: RenderView;
  readonly assets: Assets;
  readonly csrf: Csrf;
  readonly cookies: Cookies;
  readonly now: () => number;
  readonly counts: (viewer: Viewer, address: string) => Promise<NavCounts>;
  readonly registryState: () => RegistryState | undefined;
  readonly storageError: () => AppError | undefined;
}

const VISITOR = 'rw-visitor';

/** What a form token is bound to: the session, or a random value that only this browser has. '' when there is neither. */
export function csrfBinding(request: Request, cookies: Cookies): string {
  if (request.session?.userId !== undefined) return `session:${request.sessionID}`;
  const visitor = cookies.read(request, VISITOR);
  return visitor === undefined ? '' : `visitor:${visitor}`;
}

function schemeOf(text: string | undefined): Scheme {
  return text === 'light' || text === 'dark' ? text : 'system';
}

export function createPageFactory(deps: PageFactoryDeps): PageFactory {
  const { basePath, cookies, languages } = deps;
  const url = (path: string) => `${basePath}${path}`;

  function localeOf(request: Request): Locale {
    const chosen = cookies.read(request, 'rw-language');
    return languages.isKnown(chosen) ? chosen : languages.preferred(request.headers['accept-language']);
  }

  function csrfToken(request: Request, response: Response): string {
    const binding = csrfBinding(request, cookies);
    if (binding !== '') return deps.csrf.issue(binding);
    const visitor = randomBytes(16).toString('base64url');
    cookies.set(request, response, VISITOR, visitor);
    return deps.csrf.issue(`visitor:${visitor}`);
  }

  return (request, response, viewer) => {
    const locale = localeOf(request);
    const t = languages.translator(locale);
    const format = createFormat(locale, deps.now, t('shell:just_now'));
    const origin = deps.originOf(request);
    const path = ownPath(request.url) ?? '/';
    const query = queryOf(path);
    let token: string | undefined;

    const page: Page = {
      viewer,
      locale,
      scheme: schemeOf(cookies.read(request, 'rw-scheme')),
      copy: {
        host: deps.registryName,
        isPlainHttp: deps.isPlainRegistry,
        choice: parseCopyChoice(cookies.read(request, 'rw-copy')),
      },
      t,
      languages: languages.all,
      everywhere: (key) => languages.all.map((each) => languages.translator(each.locale)(key)),
      format,
      origin,
      cameBy: `${origin.secure ? 'https' : 'http'}://${origin.host}${basePath}`,
      path,
      url,
      askedAt: deps.now(),
      authEnabled: deps.authEnabled,
      get csrf() {
        token ??= csrfToken(request, response);
        return token;
      },
      query: (name) => (query.getAll(name).length === 1 ? (query.get(name) ?? '') : ''),
      urlWith: (changes) => url(changedQuery(path, changes)),
      choice: (name) => cookies.read(request, `rw-${name}`) ?? '',
      keepChoice(name, value) {
        if (!isBackground(request)) cookies.keep(request, response, `rw-${name}`, value);
      },
      body: formValues(request.body),
      parseForm(schema) {
        const form = parseForm(schema, formValues(request.body), t, languages);
        const errors = { ...(form.ok ? {} : form.errors), ...retypeErrors(request.body, t) };
        return Object.keys(errors).length === 0 ? form : { ok: false, errors };
      },
      fieldErrors: (error) => fieldErrors(error, t, languages),
      errorText: (error) => (error instanceof AppError ? errorText(error, t, languages) : t('errors:page.broken')),
      redirect(target, flash) {
        if (flash !== undefined) cookies.putFlash(request, response, flash);
        response.set('Cache-Control', 'no-store').redirect(303, url(ownPath(target) ?? '/'));
      },
      async render(view, model, status = 200) {
        const html = await deps.renderView(view, { ...model, page: await pageView(page, request, response) });
        response.status(status).set('Cache-Control', 'no-store').type('html');
        response.set('Speculation-Rules', `"${url(`/assets/${deps.assets.prefetch}`)}"`);
        await sendText(request, response, html);
      },
    };
    return page;
  };

  /** Signing out on purpose takes the cookie away; a session that ended leaves it. */
  function signInAgain({ viewer, origin, path }: Page, request: Request): string | undefined {
    if (!deps.authEnabled || viewer.isSignedIn) return undefined;
    if (cookies.read(request, sessionCookieName(origin.secure)) === undefined) return undefined;
    return path.startsWith('/login') ? undefined : url(`/login?next=${encodeURIComponent(path)}`);
  }

  function storageWarning({ viewer, errorText }: Page): string | undefined {
    const error = viewer.rights.isAdmin ? deps.storageError() : undefined;
    return error && errorText(error);
  }

  async function pageView(page: Page, request: Request, response: Response): Promise<PageView> {
    const { viewer, origin } = page;
    const state = deps.registryState();
    const flash = cookies.takeFlash(request, response);
    const nav = navigation(viewer, deps.authEnabled, await deps.counts(viewer, origin.address));
    return {
      ...page,
      nav,
      isNavFolded: cookies.read(request, 'rw-nav') === 'folded',
      keys: cookies.read(request, 'rw-keys') !== 'off',
      asset: (name) => url(`/assets/${deps.assets[name]}`),
      flash: flash !== undefined && isText(flash.key, languages) ? page.t(flash.key, flash.params) : undefined,
      signInAgain: signInAgain(page, request),
      registry: { name: deps.registryName, state },
      storageWarning: storageWarning(page),
      warnOpenRegistry: viewer.rights.isAdmin && state?.isOpen === true,
      // Browsers treat localhost as secure; behind a published port its visitors come from another address.
      warnPlainHttp:
        viewer.rights.isAdmin &&
        !origin.secure &&
        !isLoopback(origin.address) &&
        !isLoopbackName(hostName(origin.host)),
      personTone,
      initials,
    };
  }
}

/** A counted text has a key for each form of its plural. */
function isText(key: string, languages: Languages): boolean {
  return languages.has(key) || languages.has(`${key}_other`);
}

function queryOf(path: string): URLSearchParams {
  const start = path.indexOf('?');
  return new URLSearchParams(start < 0 ? '' : path.slice(start + 1));
}

function changedQuery(path: string, changes: Readonly<Record<string, string | number | null>>): string {
  const query = queryOf(path);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === '') query.delete(name);
    else query.set(name, String(value));
  }
  const text = query.toString();
  return `${path.split('?')[0]}${text === '' ? '' : `?${text}`}`;
}
