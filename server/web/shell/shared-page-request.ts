import { audienceOf } from './audience.ts';
import type { ImpersonalPage, Model, Page, SharedModel } from './page.ts';
import { type FrameChoices, isOverPlainHttp, type PageViewDeps, sharedView } from './page-view.ts';
import { fillPlaceholders, type Marks, type Placeholders, viewerValues } from './placeholders.ts';
import type { DrawShared, SharedPage, SharedPageRequest } from './shared-pages.ts';
import type { RenderView } from './view-engine.ts';

export interface SharedDrawDeps extends PageViewDeps {
  readonly renderView: RenderView;
}

interface SharedPageParts<M extends Model, P> {
  readonly page: Page;
  readonly frame: FrameChoices;
  readonly placeholders: Placeholders;
  readonly view: string;
  readonly shared: SharedModel<M, P>;
}

/** The cache key holds everything that the page depends on; `startDraw` draws it without the viewer's name and token. */
export function createSharedPageRequest<M extends Model, P>(
  deps: SharedDrawDeps,
  { page, frame, placeholders, view, shared }: SharedPageParts<M, P>,
): Omit<SharedPageRequest, 'isBackground'> {
  const { viewer, origin, locale, scheme, copy, cameBy, path } = page;
  const audience = audienceOf({ ...viewer, address: origin.address });
  const choices = [locale, scheme, frame, copy.choice, cameBy, isOverPlainHttp(origin)];
  const key = JSON.stringify([view, path, choices, audience]);
  const read = shared.personal;
  return {
    ...{ key, audience },
    personal: read && viewer.user && { id: `${viewer.user.id} ${key}`, read },
    startDraw: (personal) =>
      createDraw(deps, impersonalPage(page, placeholders.marks), {
        frame,
        placeholders,
        view,
        shared,
        personal: personal as P | undefined,
      }),
  };
}

/** A function of its own: the closure is cached and must not hold the request. */
function createDraw<M extends Model, P>(
  deps: SharedDrawDeps,
  page: ImpersonalPage,
  {
    frame,
    placeholders: { marks },
    view,
    shared,
    personal,
  }: Omit<SharedPageParts<M, P>, 'page'> & { readonly personal: P | undefined },
): DrawShared {
  return async () => {
    const model = await shared.build(page, personal);
    if (model === undefined) return undefined;
    const pageView = {
      ...(await sharedView(deps, page, frame)),
      ...{ csrf: marks.csrf, askedAt: marks.askedAt, hash: marks.hash, flash: undefined, signInAgainUrl: undefined },
      me: { name: marks.me, tone: marks.tone, initials: marks.initials },
    };
    const html = await deps.renderView(view, { ...model, page: pageView });
    return { html, live: model.live, isCacheable: shared.isCacheable?.(model) ?? true };
  };
}

function impersonalPage(page: Page, marks: Marks): ImpersonalPage {
  const { viewer, locale, scheme, copy, t, languages, everywhere, format, origin, cameBy, path, url } = page;
  const subject = viewer.isSignedIn ? { ...viewer.subject, id: 0, name: marks.name } : viewer.subject;
  return {
    ...{ locale, scheme, copy, t, languages, everywhere, format, origin, cameBy, path, url },
    ...{ authEnabled: page.authEnabled, query: page.query, urlWith: page.urlWith },
    viewer: { ...viewer, user: undefined, subject, rights: { ...viewer.rights, subject } },
  };
}

/** '' for anonymous viewers. */
export function viewerName({ viewer }: Pick<Page, 'viewer'>): string {
  return viewer.isSignedIn ? viewer.subject.name : '';
}

/** The whole page for one viewer, in UTF-8: name, form token and time are filled in. */
export function documentOf({ pieces, hash }: SharedPage, page: Page): Buffer {
  const values = { ...viewerValues(viewerName(page)), csrf: page.csrf, askedAt: String(page.askedAt), hash };
  return fillPlaceholders(pieces, values);
}
