/** The JSON API and everything it reads: the same stores and rights as the pages. */
import { type Api, createApi } from '../api/api.ts';
import { accountRoutes } from '../api/resources/account.ts';
import { type AsideRoutesDeps, asideRoutes } from '../api/resources/aside.ts';
import { compareRoutes } from '../api/resources/compare.ts';
import { type DeletionRoutesDeps, deletionRoutes } from '../api/resources/deletion.ts';
import { descriptionRoutes } from '../api/resources/descriptions.ts';
import { documentRoutes } from '../api/resources/documents.ts';
import { type EventRoutesDeps, eventRoutes } from '../api/resources/events.ts';
import { folderRoutes } from '../api/resources/folders.ts';
import { imageRoutes } from '../api/resources/images.ts';
import { manifestRoutes } from '../api/resources/manifests.ts';
import { repositoryRoutes } from '../api/resources/repositories.ts';
import { searchRoutes } from '../api/resources/search.ts';
import { selectionRoutes } from '../api/resources/selection.ts';
import { type SpaceRoutesDeps, spaceRoutes } from '../api/resources/space.ts';
import { starRoutes } from '../api/resources/stars.ts';
import { type StatusRoutesDeps, statusRoutes } from '../api/resources/status.ts';
import { type TagRoutesDeps, tagRoutes } from '../api/resources/tags.ts';
import { trashRoutes } from '../api/resources/trash.ts';
import type { ApiRoute } from '../api/route.ts';
import { VERSION } from '../config/version.ts';
import { sessionCookieName } from '../web/shell/session.ts';
import type { Web } from '../web/web.ts';
import type { RegistrySide } from './registry.ts';
import type { Stores } from './stores.ts';
import type { TokenSide } from './token.ts';
import type { UseCases } from './use-cases.ts';
import type { WebSideOptions } from './web.ts';

export interface ApiSideOptions extends Pick<WebSideOptions, 'config' | 'core' | 'stores' | 'log' | 'now'> {
  readonly token: Pick<TokenSide, 'refusals'>;
  readonly registry: Pick<RegistrySide, 'isReadonly' | 'opened' | 'events' | 'aside'> & {
    readonly deletion: DeletionRoutesDeps['deletion'];
    readonly index: Pick<RegistrySide['index'], 'visibility'> & { readonly space: SpaceRoutesDeps['space'] };
  };
  readonly operations: StatusRoutesDeps['operations'];
  readonly useCases: Omit<UseCases, 'accounts'>;
  readonly web: Pick<Web, 'sessions' | 'sentence'>;
}

export function createApiSide(options: ApiSideOptions): Api {
  const { config, core, token, registry, operations, stores, useCases, log, now, web } = options;
  return createApi({
    ...core,
    sessions: web.sessions,
    sentence: web.sentence,
    visibility: registry.index.visibility,
    routes: apiRoutes({
      ...{ stores, useCases },
      readonly: registry.isReadonly,
      opened: registry.opened,
      deletion: registry.deletion,
      events: registry.events,
      refusals: token.refusals,
      aside: registry.aside,
      space: registry.index.space,
      now,
      version: VERSION,
      operations,
    }),
    authEnabled: config.registry.auth.enabled,
    basePath: config.server.base_path,
    version: VERSION,
    cookieName: sessionCookieName(core.publicUrl.startsWith('https:')),
    log,
  });
}

export interface ApiRoutesDeps {
  readonly stores: Stores;
  readonly useCases: Omit<UseCases, 'accounts'>;
  readonly readonly: boolean;
  readonly opened: TagRoutesDeps['opened'];
  readonly deletion: DeletionRoutesDeps['deletion'];
  readonly events: EventRoutesDeps['events'];
  readonly refusals: EventRoutesDeps['refusals'];
  readonly aside: AsideRoutesDeps['aside'];
  readonly space: SpaceRoutesDeps['space'];
  readonly now: () => number;
  readonly version: string;
  readonly operations: StatusRoutesDeps['operations'];
}

/** All routes of the API, in the order of its documentation. */
export function apiRoutes(deps: ApiRoutesDeps): ApiRoute[] {
  const { readonly, opened, deletion, events, refusals, aside, space, now, version, operations } = deps;
  const found = { ...deps.stores, ...deps.useCases };
  return [
    ...repositoryRoutes(found),
    ...descriptionRoutes(found),
    ...starRoutes(found),
    ...folderRoutes(found),
    ...tagRoutes({ ...found, opened }),
    ...imageRoutes(found),
    ...deletionRoutes({ ...found, readonly, deletion }),
    ...selectionRoutes({ ...found, readonly, deletion }),
    ...trashRoutes({ ...found, readonly, deletion }),
    ...manifestRoutes(found),
    ...documentRoutes(found),
    ...compareRoutes(found),
    ...searchRoutes(found),
    ...spaceRoutes({ ...found, space, now }),
    ...eventRoutes({ events, refusals }),
    ...asideRoutes({ aside }),
    ...statusRoutes({ ...found, version, operations }),
    ...accountRoutes(),
  ];
}
