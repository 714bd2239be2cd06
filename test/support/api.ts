/** The JSON API beside the pages, on a free port with a fresh database; only the registry is made up. */
import bcrypt from 'bcryptjs';
import { type Api, createApi } from '../../server/api/api.ts';
import { type ApiRoutesDeps, apiRoutes } from '../../server/app/api.ts';
import { createAudit } from '../../server/audit/audit.ts';
import { createImages } from '../../server/catalog/images/images.ts';
import { createDocuments } from '../../server/catalog/manifests/documents.ts';
import { createSpace } from '../../server/catalog/space/space.ts';
import { createVisibility } from '../../server/catalog/visibility/visibility.ts';
import { createLogger } from '../../server/log.ts';
import { createAside } from '../../server/notifications/aside.ts';
import { createEventStore } from '../../server/notifications/events.ts';
import type { Database } from '../../server/storage/database.ts';
import { createRefusals } from '../../server/token/refusals.ts';
import { startWeb, type TestWeb, type TestWebOptions } from './web.ts';

export interface TestApiOptions extends Omit<TestWebOptions, 'api'> {
  readonly routes?: Partial<ApiRoutesDeps>;
  readonly authEnabled?: boolean;
  readonly acceptLoss?: ApiRoutesDeps['status']['acceptLoss'];
}

export interface TestApi extends TestWeb {
  readonly api: Api;
  /** With `user:password`; '' for anonymous. Below `/api/v1`. */
  readonly ask: (path: string, who?: string, init?: RequestInit) => Promise<Response>;
}

export async function startApi(given: TestApiOptions = {}): Promise<TestApi> {
  const { routes = {}, authEnabled = true, acceptLoss = async () => false, ...options } = given;
  const made: Api[] = [];
  const web = await startWeb({
    ...options,
    api(parts) {
      const api = createApi({
        ...parts,
        sessions: parts.web.sessions,
        sentence: parts.web.sentence,
        visibility: createVisibility(parts.db),
        routes: apiRoutes({ ...routesDeps(parts.db, acceptLoss), ...routes }),
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
export const NO_DELETION: ApiRoutesDeps['deletion'] = {
  ...{ plan: noRegistry, planSelection: noPlan, planUntagged: noPlan },
  ...{ deleteTag: noRegistry, deleteSelection: noRegistry, restore: noRegistry },
  trash: {
    get: async () => undefined,
    page: async () => ({ rows: [], next: undefined, previous: undefined, total: 0, isExact: true }),
    keepMs: 0,
  },
};

function routesDeps(db: Database, acceptLoss: ApiRoutesDeps['status']['acceptLoss']): ApiRoutesDeps {
  const events = createEventStore(db);
  return {
    db,
    readonly: false,
    refresh: async () => undefined,
    opened: () => undefined,
    images: createImages({ db, fetchManifest: async () => false, log: createLogger('silent') }),
    documents: createDocuments({ db, getBlob: async () => undefined, now: Date.now, log: createLogger('silent') }),
    deletion: NO_DELETION,
    events,
    aside: createAside(db, createAudit(db)),
    refusals: createRefusals(db, { now: Date.now, log: createLogger('silent') }),
    space: createSpace({ db, now: Date.now, log: createLogger('silent') }),
    audit: createAudit(db),
    now: Date.now,
    status: {
      version: '0.0.0',
      registry: () => ({
        ...{ name: 'registry:5000', reachable: true, lastAnswerAt: Date.UTC(2026, 2, 1), version: '3.1.1' },
        ...{ address: 'http://registry:5000', error: null },
      }),
      crawl: () => ({ crawl: undefined, isComplete: true }),
      arrivals: events.arrivals,
      hold: () => undefined,
      acceptLoss,
      storage: () => ({
        ...{ trouble: null, since: null, error: null, freeBytes: 1e9, freeInodes: 1e6 },
        ...{ fileBytes: 4096, walBytes: 0, checkedAt: null },
      }),
    },
  };
}
