/** The JSON API beside the pages, on a free port with a fresh database; only the registry is made up. */

import bcrypt from 'bcryptjs';
import { type Api, createApi } from '../../../server/api/api.ts';
import { type ApiRoutesDeps, apiRoutes } from '../../../server/app/api.ts';
import { createStores, type Stores } from '../../../server/app/stores.ts';
import type { UseCases } from '../../../server/app/use-cases.ts';
import { createSpace } from '../../../server/catalog/space/space.ts';
import { createDescriptionUseCases } from '../../../server/catalog/use-cases/descriptions.ts';
import { createReadingUseCases, type ReadingUseCasesDeps } from '../../../server/catalog/use-cases/reading.ts';
import { createSetStar } from '../../../server/catalog/use-cases/stars.ts';
import { createVisibility, isVisibleName } from '../../../server/catalog/visibility/visibility.ts';
import { createDeletionUseCases, type DeletionUseCasesDeps } from '../../../server/housekeeping/use-cases/deletion.ts';
import { createLogger } from '../../../server/log.ts';
import { createEventStore } from '../../../server/notifications/events.ts';
import { createQuarantine } from '../../../server/notifications/quarantine.ts';
import { createRefusals } from '../../../server/token/refusals.ts';
import { registryFacts, statusFacts } from '../data/operations-facts.ts';
import { quietBus } from './bus.ts';
import { type ApiParts, startWeb, type TestWeb, type TestWebOptions } from './web.ts';

/** How the registry is changed; the use cases above it are the real ones. */
export type MadeUpDeletion = ApiRoutesDeps['deletion'] & Omit<DeletionUseCasesDeps['deletion'], 'trash'>;

export interface TestApiOptions extends Omit<TestWebOptions, 'api'> {
  readonly routes?: Partial<Omit<ApiRoutesDeps, 'deletion' | 'useCases' | 'stores'>> & {
    readonly deletion?: MadeUpDeletion;
    readonly refresh?: ReadingUseCasesDeps['refresh'];
    readonly documents?: Pick<Stores['documents'], 'read'>;
  };
  readonly authEnabled?: boolean;
  readonly acceptLoss?: ReadingUseCasesDeps['acceptLoss'];
}

type TestRoutes = NonNullable<TestApiOptions['routes']>;

export interface TestApi extends TestWeb {
  readonly api: Api;
  /** With `user:password`; '' for anonymous. Below `/api/v1`. */
  readonly ask: (path: string, who?: string, init?: RequestInit) => Promise<Response>;
}

export async function startApi(given: TestApiOptions = {}): Promise<TestApi> {
  const { routes = {}, authEnabled = true, acceptLoss = async () => undefined, ...options } = given;
  const made: Api[] = [];
  const web = await startWeb({
    ...options,
    api(parts) {
      const api = createApi({
        ...parts,
        sessions: parts.web.sessions,
        sentence: parts.web.sentence,
        visibility: createVisibility(parts.db),
        routes: apiRoutes({ ...routesDeps(parts), ...routes, ...partsOf(parts, routes, acceptLoss) }),
        authEnabled,
        publicUrl: 'http://registry-web.test',
        basePath: '',
        version: '0.0.0',
        cookieName: 'rw',
      });
      made.push(api);
      return api.handler;
    },
  });
  const [api] = made;
  if (api === undefined) throw new Error('No API was made');
  return { ...web, api, ask: (path, who = '', init = {}) => fetch(`${web.url}/api/v1${path}`, withBasic(who, init)) };
}

export const ADMIN = 'admin:first-admin-password';
/** May pull, push and delete below `team/`. */
export const MEMBER = 'member:member-password-1';
/** Holds nothing. */
export const OUTSIDER = 'outsider:outsider-password-1';
/** Still has to replace the password. */
export const NEWCOMER = 'newcomer:newcomer-password-1';
/** May pull below `team/`, no more. */
export const READER = 'reader:reader-password-1';

export async function addPeople(app: TestApi): Promise<void> {
  const team = { repository: 'team/**', address: '*', canPull: true, canPush: false, canDelete: false };
  const all = await app.roles.add({ name: 'team', description: '' });
  const read = await app.roles.add({ name: 'team-read', description: '' });
  await app.roles.setRules(all.id, [{ ...team, canPush: true, canDelete: true }]);
  await app.roles.setRules(read.id, [team]);
  const people = [
    { who: MEMBER, roleIds: [all.id], mustChangePassword: false },
    { who: READER, roleIds: [read.id], mustChangePassword: false },
    { who: OUTSIDER, roleIds: [], mustChangePassword: false },
    { who: NEWCOMER, roleIds: [all.id], mustChangePassword: true },
  ];
  for (const { who, ...rest } of people) {
    const [username = '', password = ''] = who.split(':');
    await app.users.add({ username, passwordHash: await bcrypt.hash(password, 4), by: 'test', ...rest });
  }
}

function withBasic(who: string, init: RequestInit): RequestInit {
  if (who === '') return init;
  const authorization = `Basic ${Buffer.from(who).toString('base64')}`;
  return { ...init, headers: { ...(init.headers as Record<string, string> | undefined), authorization } };
}

const noRegistry = () => Promise.reject(new Error('There is no registry in this test'));
const noPlan = async () => ({ images: [], unneeded: [], freesBytes: 0 });

/** Plans nothing, deletes nothing, and its trash is empty. */
export const NO_DELETION: MadeUpDeletion = {
  ...{ plan: noRegistry, planSelection: noPlan, planUntagged: noPlan },
  ...{ deleteTag: noRegistry, deleteSelection: noRegistry, restore: noRegistry },
  trash: {
    get: async () => undefined,
    page: async () => ({ rows: [], next: undefined, previous: undefined, total: 0, isExact: true }),
    keepMs: 0,
  },
};

const silent = createLogger('silent');

function partsOf(
  { db, access, audit }: ApiParts,
  { deletion = NO_DELETION, refresh = async () => undefined, documents, readonly = false }: TestRoutes,
  acceptLoss: ReadingUseCasesDeps['acceptLoss'],
): Pick<ApiRoutesDeps, 'stores' | 'useCases'> {
  const nothing = { fetchManifest: async () => false, getBlob: async () => undefined };
  const stores = createStores({ db, access, ...nothing, now: Date.now, log: silent });
  const deleting = { ...deletion, trash: { batchOf: async () => [], ...deletion.trash } };
  const useCases: Omit<UseCases, 'accounts'> = {
    deleting: createDeletionUseCases({ deletion: deleting, isReadonly: readonly, audit }),
    describing: createDescriptionUseCases({ descriptions: stores.descriptions, audit }),
    setStar: createSetStar(stores.stars),
    reading: createReadingUseCases({
      ...{ refresh, crawl: () => undefined, acceptLoss, audit },
      registryAddress: 'http://registry:5000',
    }),
  };
  return { stores: { ...stores, documents: { ...stores.documents, ...documents } }, useCases };
}

function routesDeps({ db, audit }: ApiParts): Omit<ApiRoutesDeps, 'stores' | 'useCases'> {
  const events = createEventStore(db, isVisibleName);
  return {
    readonly: false,
    opened: () => undefined,
    deletion: NO_DELETION,
    events,
    aside: createQuarantine(db, audit),
    refusals: createRefusals(db, { now: Date.now, log: silent, bus: quietBus() }),
    space: createSpace({ db }),
    now: Date.now,
    version: '0.0.0',
    operations: {
      registry: () => registryFacts({ publicName: 'registry:5000', lastAnswerAt: Date.UTC(2026, 2, 1) }),
      index: () => ({ isComplete: true, crawl: undefined, hold: undefined, polled: undefined }),
      notifications: async () => statusFacts().notifications,
      storage: () => statusFacts().database.storage,
    },
  };
}
