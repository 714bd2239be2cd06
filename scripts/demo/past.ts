/** What happened before the demo began: through the stores of the product, with the clock turned back. */

import { createUserStore } from '../../server/access/users.ts';
import { type AuditRecord, createAudit } from '../../server/audit/audit.ts';
import { createBus } from '../../server/bus/bus.ts';
import { createDescriptions } from '../../server/catalog/lists/descriptions.ts';
import { createStars } from '../../server/catalog/lists/stars.ts';
import { createTrash } from '../../server/housekeeping/trash.ts';
import { createLogger } from '../../server/log.ts';
import type { Database } from '../../server/storage/database.ts';
import { createRefusals, type Refusal } from '../../server/token/refusals.ts';
import type { Deleted } from './content.ts';
import { DESCRIPTIONS } from './descriptions.ts';
import { PEOPLE } from './people.ts';

const HOUR_MS = 3600_000;
const addressOf = (name: string) => PEOPLE.find((person) => person.name === name)?.address ?? '198.51.100.7';

type Doing = Omit<AuditRecord, 'address'> & { readonly hoursAgo: number };

const DOINGS: readonly Doing[] = [
  {
    hoursAgo: 1930,
    actor: 'tomas',
    action: 'role.grant',
    object: 'anonymous',
    outcome: 'ok',
    detail: { role: 'public' },
  },
  { hoursAgo: 816, actor: 'admin', action: 'user.add', object: 'omar', outcome: 'ok', detail: { roles: ['staff'] } },
  {
    hoursAgo: 620,
    actor: 'admin',
    action: 'role.grant',
    object: 'priya',
    outcome: 'ok',
    detail: { role: 'machine-learning' },
  },
  {
    hoursAgo: 340,
    actor: 'anna',
    action: 'session.start',
    object: '',
    outcome: 'refused',
    detail: { reason: 'wrong' },
  },
  { hoursAgo: 339.9, actor: 'anna', action: 'session.start', object: '', outcome: 'ok' },
  { hoursAgo: 170, actor: 'omar', action: 'password.change', object: 'omar', outcome: 'ok' },
  { hoursAgo: 50, actor: 'lena', action: 'session.start', object: '', outcome: 'ok' },
  { hoursAgo: 30, actor: 'admin', action: 'session.start', object: '', outcome: 'ok' },
  { hoursAgo: 7, actor: 'anna', action: 'session.start', object: '', outcome: 'ok' },
  { hoursAgo: 2, actor: 'maria', action: 'session.start', object: '', outcome: 'ok' },
];

type Refused = Omit<Refusal, 'subjectKind' | 'address'> & { readonly hoursAgo: number; readonly times: number };

const REFUSED: readonly Refused[] = [
  {
    ...{ hoursAgo: 29, times: 2, subject: 'jonas', repository: 'payments/api', asked: ['pull'], missing: ['pull'] },
    client: 'docker/28.4.0 go/go1.24.7',
  },
  {
    ...{ hoursAgo: 11, times: 1, subject: 'omar', repository: 'web/shop', asked: ['pull', 'push'], missing: ['push'] },
    client: 'docker/28.4.0 go/go1.24.7',
  },
  {
    ...{ hoursAgo: 4, times: 37, subject: '', repository: 'web/shop', asked: ['pull'], missing: ['pull'] },
    client: 'containerd/v1.7.27',
  },
  {
    ...{
      hoursAgo: 0.8,
      times: 3,
      subject: 'wei',
      repository: 'ml/models/price-forecast',
      asked: ['pull'],
      missing: ['pull'],
    },
    client: 'oras/1.3.0',
  },
];

const STARS: Readonly<Record<string, readonly string[]>> = {
  admin: ['tools/ci-runner', 'payments/api', 'web/shop', 'platform/api-gateway'],
  maria: ['charts/shop', 'platform/auth', 'platform/api-gateway'],
  jonas: ['web/landing', 'web/shop'],
  tomas: ['tools/ci-runner', 'charts/monitoring', 'platform/api-gateway'],
  lena: ['payments/ledger'],
  omar: ['web/shop'],
};

export async function addPast(db: Database, deleted: readonly Deleted[], now: number): Promise<void> {
  const deletions = deleted.map((each) => deletionOf(each, now));
  const doings = [...DOINGS, ...deletions].sort((a, b) => b.hoursAgo - a.hoursAgo);
  for (const { hoursAgo, ...doing } of doings) {
    await createAudit(db, () => now - hoursAgo * HOUR_MS).record({ ...doing, address: addressOf(doing.actor) });
  }
  for (const refused of REFUSED) await addRefusal(db, refused, now);
  for (const [repository, { text, by }] of Object.entries(DESCRIPTIONS)) {
    await createDescriptions({ db, now: () => now - 400 * HOUR_MS }).write({ repository, text, by, version: 0 });
  }
  for (const each of deleted) await addTrash(db, each);
  await addStars(db, now);
}

function deletionOf({ repository, tag, manifest, at, by }: Deleted, now: number): Doing {
  const doing = { actor: by, action: 'tag.delete', object: `${repository}:${tag}`, outcome: 'ok' } as const;
  return { ...doing, hoursAgo: (now - at) / HOUR_MS, detail: { digest: manifest.digest, manifest: true } };
}

async function addTrash(db: Database, { repository, tag, manifest, raw, at, by }: Deleted): Promise<void> {
  const { digest, mediaType } = manifest;
  await createTrash(db, () => at).add({ repository, digest, mediaType, raw, tags: [tag], deletedBy: by });
}

async function addRefusal(db: Database, { hoursAgo, times, ...refused }: Refused, now: number): Promise<void> {
  let at = now - (hoursAgo + times * 0.05) * HOUR_MS;
  const log = createLogger('silent');
  const refusals = createRefusals(db, { now: () => at, log, bus: createBus(log) });
  for (let time = 0; time < times; time += 1) {
    refusals.record({
      ...refused,
      subjectKind: refused.subject === '' ? 'anonymous' : 'user',
      address: addressOf(refused.subject),
    });
    at += 0.05 * HOUR_MS;
  }
  await refusals.flush();
}

async function addStars(db: Database, now: number): Promise<void> {
  const users = createUserStore(db);
  for (const [name, repositories] of Object.entries(STARS)) {
    const user = await users.find(name);
    if (user === undefined) throw new Error(`There is no ${name}`);
    let at = now - 300 * HOUR_MS;
    const stars = createStars({ db, now: () => at });
    for (const repository of repositories) {
      await stars.star(user.id, repository);
      at += 20 * HOUR_MS;
    }
  }
}
