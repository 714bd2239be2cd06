import { hostName, isLoopback, isLoopbackName } from '../../config/host-name.ts';
import type { AppError } from '../../errors.ts';
import type { ClientOrigin } from '../../http/client-address.ts';
import type { Assets } from './assets.ts';
import { errorText } from './form.ts';
import type { Languages } from './i18n.ts';
import { type NavCounts, navigation } from './nav.ts';
import type { CommonPage, PageView, RegistryState } from './page.ts';
import { initials, personTone } from './person.ts';
import type { Viewer } from './who-asks.ts';

export interface PageViewDeps {
  readonly registryName: string;
  readonly authEnabled: boolean;
  readonly assets: Assets;
  readonly counts: (viewer: Viewer, address: string) => Promise<NavCounts>;
  readonly registryState: () => RegistryState | undefined;
  readonly storageError: () => AppError | undefined;
  readonly languages: Languages;
}

/** What this browser chose for the frame around `<main>`. */
export type Around = Pick<PageView, 'isNavFolded' | 'keys'>;

type Personal = 'csrf' | 'me' | 'hash' | 'askedAt' | 'flash' | 'signInAgain';

/** What templates see as `page`, of that which is equal for all who see the same. */
export async function commonView(
  deps: PageViewDeps,
  page: CommonPage,
  around: Around,
): Promise<Omit<PageView, Personal>> {
  const { viewer, origin } = page;
  const state = deps.registryState();
  const { isAdmin } = viewer.rights;
  const storageError = isAdmin ? deps.storageError() : undefined;
  return {
    ...page,
    ...around,
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

/** Browsers treat localhost as secure; behind a published port its visitors come from another address. */
export function isOverPlainHttp({ secure, address, host }: ClientOrigin): boolean {
  return !secure && !isLoopback(address) && !isLoopbackName(hostName(host));
}
