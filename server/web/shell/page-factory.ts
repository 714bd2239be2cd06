import { randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';
import { AppError } from '../../errors.ts';
import type { OriginOf } from '../../http/client-address.ts';
import { sendText } from '../../http/compress.ts';
import type { Assets } from './assets.ts';
import { isBackground, isBackgroundRefresh } from './background.ts';
import type { Cookies } from './cookies.ts';
import { parseCopyChoice } from './copy-choice.ts';
import type { Csrf } from './csrf.ts';
import { errorText, fieldErrors, formValues, parseForm, retypeErrors } from './form.ts';
import { createFormat } from './format.ts';
import type { Languages, Locale } from './i18n.ts';
import type { NavCounts } from './nav.ts';
import { ownPath } from './own-path.ts';
import type { Page, PageFactory, PageView, RegistryState, Scheme } from './page.ts';
import { type FrameChoices, sharedView } from './page-view.ts';
import { initials, personTone } from './person.ts';
import type { Placeholders } from './placeholders.ts';
import { sendRefresh, VIEWER_HEADER } from './send-refresh.ts';
import { sessionCookieName } from './session.ts';
import { createSharedPageRequest, documentOf, viewerName } from './shared-page-request.ts';
import type { SharedPages } from './shared-pages.ts';
import type { RenderView } from './view-engine.ts';
import type { Viewer } from './viewer.ts';

export interface PageFactoryDeps {
  readonly originOf: OriginOf;
  readonly basePath: string;
  readonly registryName: string;
  /** The registry is known to answer plain HTTP under `registryName`. */
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
  /** undefined: every page is drawn for its viewer alone. */
  readonly shared: { readonly pages: SharedPages; readonly placeholders: Placeholders } | undefined;
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
        const html = await deps.renderView(view, { ...model, page: await personalView(page, request, response) });
        response.status(status);
        await sendDocument(html, page, request, response);
      },
      async renderShared(view, shared) {
        if (deps.shared === undefined || hasOneTimeContent(page, request)) {
          const model = await shared.build(page, await shared.personal?.());
          if (model !== undefined) await page.render(view, model);
          return model !== undefined;
        }
        const { pages, placeholders } = deps.shared;
        const drawn = await pages.find({
          ...createSharedPageRequest(deps, { page, frame: readFrameChoices(request), placeholders, view, shared }),
          isBackground: isBackgroundRefresh(request),
        });
        if (drawn === undefined) return false;
        if (isBackgroundRefresh(request)) await sendRefresh(drawn, viewerName(page), request, response);
        else await sendDocument(documentOf(drawn, page), page, request, response);
        return true;
      },
    };
    return page;
  };

  /** A flash message, or the notice that the session ended: such a page must not be shared. */
  function hasOneTimeContent(page: Page, request: Request): boolean {
    return cookies.hasFlash(request) || signInAgainUrl(page, request) !== undefined;
  }

  function sendDocument(html: string | Buffer, page: Page, request: Request, response: Response): Promise<void> {
    response.set('Cache-Control', 'no-store').type('html');
    if (isBackgroundRefresh(request)) response.set(VIEWER_HEADER, viewerName(page));
    response.set('Speculation-Rules', `"${url(`/assets/${deps.assets.prefetch}`)}"`);
    return sendText(request, response, html);
  }

  function readFrameChoices(request: Request): FrameChoices {
    return {
      isNavFolded: cookies.read(request, 'rw-nav') === 'folded',
      keys: cookies.read(request, 'rw-keys') !== 'off',
    };
  }

  /** The session cookie without a session: it expired. Signing out removes the cookie. */
  function signInAgainUrl({ viewer, origin, path }: Page, request: Request): string | undefined {
    if (!deps.authEnabled || viewer.isSignedIn) return undefined;
    if (cookies.read(request, sessionCookieName(origin.secure)) === undefined) return undefined;
    return path.startsWith('/login') ? undefined : url(`/login?next=${encodeURIComponent(path)}`);
  }

  async function personalView(page: Page, request: Request, response: Response): Promise<PageView> {
    const flash = cookies.takeFlash(request, response);
    const name = viewerName(page);
    return {
      ...(await sharedView(deps, page, readFrameChoices(request))),
      csrf: page.csrf,
      ...{ askedAt: page.askedAt, hash: '' },
      me: { name, tone: personTone(name), initials: initials(name) },
      flash: flash !== undefined && isText(flash.key, languages) ? page.t(flash.key, flash.params) : undefined,
      signInAgainUrl: signInAgainUrl(page, request),
    };
  }
}

/** Texts with plural forms have no key of their own, only one per form. */
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
