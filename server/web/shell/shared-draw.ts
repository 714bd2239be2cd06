import { audienceOf } from './audience.ts';
import { fillBytes, type Holes, type Marks, personValues } from './holes.ts';
import type { CommonPage, Model, Page, SharedModel } from './page.ts';
import { type Around, commonView, isOverPlainHttp, type PageViewDeps } from './page-view.ts';
import type { AskedPage, DrawShared, SharedPage } from './shared-pages.ts';
import type { RenderView } from './view-engine.ts';

export interface SharedDrawDeps extends PageViewDeps {
  readonly renderView: RenderView;
}

interface SharedFacts<M extends Model, P> {
  readonly page: Page;
  readonly around: Around;
  readonly holes: Holes;
  readonly view: string;
  readonly shared: SharedModel<M, P>;
}

/** What the page depends on, and how it is drawn for everybody for whom that is equal. */
export function createSharedDraw<M extends Model, P>(
  deps: SharedDrawDeps,
  { page, around, holes, view, shared }: SharedFacts<M, P>,
): Omit<AskedPage, 'isBackground'> {
  const { viewer, origin, locale, scheme, copy, cameBy, path } = page;
  const audience = audienceOf({ ...viewer, address: origin.address });
  const choices = [locale, scheme, around, copy.choice, cameBy, isOverPlainHttp(origin)];
  const key = JSON.stringify([view, path, choices, audience]);
  const read = shared.personal;
  return {
    ...{ key, audience },
    personal: read && viewer.user && { id: `${viewer.user.id} ${key}`, read },
    startDraw: (personal) =>
      createDraw(deps, commonPage(page, holes.marks), {
        around,
        holes,
        view,
        shared,
        personal: personal as P | undefined,
      }),
  };
}

/** Made from a page in a function of its own, so that what is kept holds no request. */
function createDraw<M extends Model, P>(
  deps: SharedDrawDeps,
  page: CommonPage,
  {
    around,
    holes: { marks },
    view,
    shared,
    personal,
  }: Omit<SharedFacts<M, P>, 'page'> & { readonly personal: P | undefined },
): DrawShared {
  return async () => {
    const model = await shared.build(page, personal);
    if (model === undefined) return undefined;
    const pageView = {
      ...(await commonView(deps, page, around)),
      ...{ csrf: marks.csrf, askedAt: marks.askedAt, hash: marks.hash, flash: undefined, signInAgain: undefined },
      me: { name: marks.me, tone: marks.tone, initials: marks.initials },
    };
    const html = await deps.renderView(view, { ...model, page: pageView });
    return { html, live: model.live, isLasting: shared.isLasting?.(model) ?? true };
  };
}

function commonPage(page: Page, marks: Marks): CommonPage {
  const { viewer, locale, scheme, copy, t, languages, everywhere, format, origin, cameBy, path, url } = page;
  const subject = viewer.isSignedIn ? { ...viewer.subject, id: 0, name: marks.name } : viewer.subject;
  return {
    ...{ locale, scheme, copy, t, languages, everywhere, format, origin, cameBy, path, url },
    ...{ authEnabled: page.authEnabled, query: page.query, urlWith: page.urlWith },
    viewer: { ...viewer, user: undefined, subject, rights: { ...viewer.rights, subject } },
  };
}

/** '' for who has not signed in. */
export function viewerName({ viewer }: Pick<Page, 'viewer'>): string {
  return viewer.isSignedIn ? viewer.subject.name : '';
}

/** The page as this person opens it. */
export function documentOf({ pieces, hash }: SharedPage, page: Page): Buffer {
  const values = { ...personValues(viewerName(page)), csrf: page.csrf, askedAt: String(page.askedAt), hash };
  return fillBytes(pieces, values);
}
