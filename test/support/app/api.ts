/** The JSON API beside the pages, on a free port with a fresh database; only the registry is made up. */

import bcrypt from 'bcryptjs';
import type { Api } from '../../../server/api/api.ts';
import { type ApiSideOptions, createApiSide } from '../../../server/app/api.ts';
import type { Stores } from '../../../server/app/stores.ts';
import { createUseCases, type UseCasesDeps } from '../../../server/app/use-cases.ts';
import { createSpace } from '../../../server/catalog/space/space.ts';
import { createVisibility, isVisibleName } from '../../../server/catalog/visibility/visibility.ts';
import { createEventStore } from '../../../server/notifications/events.ts';
import { createQuarantine } from '../../../server/notifications/quarantine.ts';
import { registryFacts, statusFacts } from '../data/operations-facts.ts';
import { startWeb, type TestParts, type TestWeb, type TestWebOptions } from './web.ts';

type RegistrySide = ApiSideOptions['registry'] & UseCasesDeps['registry'];
type Remote = RegistrySide['index']['remote'];

/** How the registry is changed; the use cases above it are the real ones. */
export type MadeUpDeletion = ApiSideOptions['registry']['deletion'] &
  Omit<UseCasesDeps['registry']['deletion'], 'trash'>;

export interface TestApiOptions extends Omit<TestWebOptions, 'api'> {
  readonly operations?: Partial<ApiSideOptions['operations']>;
  readonly deletion?: MadeUpDeletion;
  readonly documents?: Pick<Stores['documents'], 'read'>;
  readonly space?: RegistrySide['index']['space'];
  readonly readonly?: boolean;
  readonly refresh?: Remote['refreshRepository'];
  readonly acceptLoss?: Remote['acceptLoss'];
}

export interface TestApi extends TestWeb {
  readonly api: Api;
  /** With `user:password`; '' for anonymous. Below `/api/v1`. */
  readonly ask: (path: string, who?: string, init?: RequestInit) => Promise<Response>;
}

export async function startApi(given: TestApiOptions = {}): Promise<TestApi> {
  const made: Api[] = [];
  const server = { public_url: 'http://registry-web.test', ...given.config?.server };
  const web = await startWeb({
    ...given,
    config: { ...given.config, server },
    api(parts) {
      const api = createApiSide(sidesOf(parts, given));
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

function sidesOf(parts: Parameters<NonNullable<TestWebOptions['api']>>[0], options: TestApiOptions): ApiSideOptions {
  const { core, stores: built, refusals } = parts;
  const stores = { ...built, documents: { ...built.documents, ...options.documents } };
  const registry = madeUpRegistry(parts, options);
  const useCases = createUseCases({ core, token: { refusals }, registry, stores });
  return { ...parts, stores, useCases, registry, token: { refusals }, operations: operationsOf(options) };
}

function madeUpRegistry({ db, core }: TestParts, options: TestApiOptions): RegistrySide {
  const { deletion = NO_DELETION, refresh = async () => undefined, acceptLoss = async () => undefined } = options;
  return {
    client: { address: 'http://registry:5000' },
    isReadonly: options.readonly ?? false,
    opened: () => undefined,
    deletion: { ...deletion, trash: { batchOf: async () => [], ...deletion.trash } },
    events: createEventStore(db, isVisibleName),
    aside: createQuarantine(db, core.audit),
    index: {
      visibility: createVisibility(db),
      space: options.space ?? createSpace({ db }),
      remote: { refreshRepository: refresh, crawl: async () => undefined, acceptLoss },
    },
  };
}

function operationsOf({ operations }: TestApiOptions): ApiSideOptions['operations'] {
  return {
    registry: () => registryFacts({ publicName: 'registry:5000', lastAnswerAt: Date.UTC(2026, 2, 1) }),
    index: () => ({ isComplete: true, crawl: undefined, hold: undefined, polled: undefined }),
    notifications: async () => statusFacts().notifications,
    storage: () => statusFacts().database.storage,
    ...operations,
  };
}
