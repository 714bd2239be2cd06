import { hostName, isLoopback, isLoopbackName } from '../../config/host-name.ts';
import type { AppError } from '../../errors.ts';
import type { ClientOrigin } from '../../http/client-address.ts';
import type { Assets } from './assets.ts';
import { errorText } from './form.ts';
import type { Languages } from './i18n.ts';
import { type NavCounts, navigation } from './nav.ts';
import type { ImpersonalPage, PageView, RegistryState } from './page.ts';
import { initials, personTone } from './person.ts';
import type { Viewer } from './viewer.ts';

export interface PageViewDeps {
  readonly registryName: string;
  readonly authEnabled: boolean;
  readonly assets: Assets;
  readonly counts: (viewer: Viewer, address: string) => Promise<NavCounts>;
  readonly registryState: () => RegistryState | undefined;
  readonly storageError: () => AppError | undefined;
  readonly languages: Languages;
}

/** Choices of this browser that change the frame around `<main>`. */
export type FrameChoices = Pick<PageView, 'isNavFolded' | 'keys'>;

type Personal = 'csrf' | 'me' | 'hash' | 'askedAt' | 'flash' | 'signInAgainUrl';

/** The part of `page` in templates that is equal for all viewers of a shared page. */
export async function sharedView(
  deps: PageViewDeps,
  page: ImpersonalPage,
  frame: FrameChoices,
): Promise<Omit<PageView, Personal>> {
  const { viewer, origin } = page;
  const state = deps.registryState();
  const { isAdmin } = viewer.rights;
  const storageError = isAdmin ? deps.storageError() : undefined;
  return {
    ...page,
    ...frame,
    nav: navigation(viewer, deps.authEnabled, await deps.counts(viewer, origin.address)),
    asset: (name) => page.url(`/assets/${deps.assets[name]}`),
    registry: { name: deps.registryName, state },
    storageWarning: storageError && errorText(storageError, page.t, deps.languages),
    warnOpenRegistry: isAdmin && state?.isOpen === true,
    warnPlainHttp: isAdmin && isOverPlainHttp(origin),
    personTone,
    initials,
  };
}

/** localhost is secure for browsers. Its name counts too: behind a published port the address differs. */
export function isOverPlainHttp({ secure, address, host }: ClientOrigin): boolean {
  return !secure && !isLoopback(address) && !isLoopbackName(hostName(host));
}
