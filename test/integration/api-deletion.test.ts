/** Trash and selections through the API, for an admin, a member, a reader and an outsider. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { EVERYTHING } from '../../server/catalog/visibility/visibility.ts';
import { AppError } from '../../server/errors.ts';
import type { SelectionRequest } from '../../server/housekeeping/delete-selection.ts';
import { readSelectionPlan } from '../../server/housekeeping/selection-plan.ts';
import { createTrash } from '../../server/housekeeping/trash.ts';
import { listTrash } from '../../server/housekeeping/trash-list.ts';
import { ADMIN, addPeople, MEMBER, NO_DELETION, OUTSIDER, READER, startApi, type TestApi } from '../support/app/api.ts';
import { seedRepository } from '../support/data/seed.ts';

const DAY_MS = 24 * 3600_000;
const DELETED_AT = Date.UTC(2026, 2, 1);
const NOBODYS = `sha256:${'0'.repeat(64)}`;

let app: TestApi;
let digests: readonly string[];
const entries: Record<string, number> = {};
const asked: SelectionRequest[] = [];
const restored: number[] = [];

before(async () => {
  app = await startApi({
    deletion: {
      ...NO_DELETION,
      planSelection: (_seen, id, selection) => readSelectionPlan(app.db, EVERYTHING, id, selection),
      planUntagged: (_seen, id) =>
        readSelectionPlan(app.db, EVERYTHING, id, { tags: [], images: [], digests: [digests[1] ?? ''] }),
      async deleteSelection(request) {
        asked.push(request);
        const error = new AppError('CONFLICT', 'The tag moved.', { key: 'tagMoved' });
        const [first, second] = request.tags;
        const items = [
          { tag: first?.name, digest: first?.digest ?? '', error: undefined, pushedAgain: false },
          { tag: second?.name, digest: second?.digest ?? '', error, pushedAgain: false },
        ];
        return { items, manifests: [], undoId: 7 };
      },
      async restore(id) {
        restored.push(id);
        return { repository: 'team/app', digest: digests[0] ?? '', tags: ['v1'], taken: ['latest'] };
      },
      trash: {
        get: (id) => createTrash(app.db, Date.now).get(id),
        page: (query) => listTrash(app.db, query),
        keepMs: 10 * DAY_MS,
      },
    },
  });
  await addPeople(app);
  digests = (await seedRepository(app.db, 'team/app', [{ tags: ['v1', 'latest'] }, { salt: 'nobody' }])).digests;
  const trash = createTrash(app.db, () => DELETED_AT);
  for (const repository of ['team/app', 'team/gone', 'secret/app']) {
    const item = { mediaType: 'm', raw: Buffer.from('{}'), tags: ['v9'], deletedBy: 'lin' };
    entries[repository] = await trash.add({ repository, digest: NOBODYS, ...item });
  }
});
after(() => app?.stop());

async function body<Shape>(path: string, who: string, sent?: object, status = 200): Promise<Shape> {
  const headers = { 'content-type': 'application/json' };
  const init = sent === undefined ? {} : { method: 'POST', headers, body: JSON.stringify(sent) };
  const answer = await app.ask(path, who, init);
  const text = await answer.text();
  assert.equal(answer.status, status, `${path}: ${text}`);
  return JSON.parse(text) as Shape;
}

interface TrashBody {
  readonly items: readonly { readonly repository: string; readonly restorableUntil: string }[];
  readonly next: string | null;
  readonly total: number;
}

describe('the trash', () => {
  for (const [name, who, expected] of [
    ['an admin', ADMIN, ['secret/app', 'team/gone', 'team/app']],
    ['a member', MEMBER, ['team/gone', 'team/app']],
    ['a reader', READER, ['team/gone', 'team/app']],
    ['an outsider', OUTSIDER, []],
  ] as const) {
    test(`lists to ${name} what may be pulled, and counts nothing else`, async () => {
      const { items, total } = await body<TrashBody>('/trash', who);
      assert.deepEqual([items.map(({ repository }) => repository), total], [expected, expected.length]);
    });
  }

  test('is read page by page and filtered, and says until when', async () => {
    const first = await body<TrashBody>('/trash?limit=1', MEMBER);
    const second = await body<TrashBody>(`/trash?limit=1&after=${first.next}`, MEMBER);
    assert.deepEqual(
      [first, second].map(({ items }) => items[0]?.repository),
      ['team/gone', 'team/app'],
    );
    assert.equal(second.next, null);
    assert.equal(first.items[0]?.restorableUntil, '2026-03-11T00:00:00.000Z');
    assert.equal((await body<TrashBody>('/trash?filter=gone', MEMBER)).total, 1);
    assert.equal((await body<TrashBody>('/trash?repository=team/app', MEMBER)).total, 1);
    assert.equal((await body<TrashBody>('/trash?repository=secret/app', MEMBER)).total, 0);
  });

  test('gives back several, each with its own outcome, and never what is hidden', async () => {
    const ids = [entries['team/app'], entries['secret/app'], 999];
    const outcome = async (who: string) => {
      const { items } = await body<{ items: { restored: boolean; problem: string }[] }>('/trash/restore', who, { ids });
      return items.map((item) => item.restored || item.problem);
    };
    const [done, hidden, missing] = await outcome(MEMBER);
    assert.equal(done, true);
    assert.equal(hidden, missing);
    assert.deepEqual(restored.splice(0), [entries['team/app']]);
    assert.match(String((await outcome(READER))[0]), /"delete" on team\/app is missing/);
    assert.deepEqual(new Set(await outcome(OUTSIDER)), new Set([hidden]));
    assert.deepEqual(restored, []);
    await body('/trash/restore', MEMBER, { ids: [] }, 400);
  });
});

describe('a selection', () => {
  const path = '/repositories/team/app/-/deletion';
  const tags = () => ['v1', 'latest'].map((name) => ({ name, digest: digests[0] }));
  interface PlanBody {
    readonly allowed: boolean;
    readonly images: readonly { readonly digest: string; readonly isUnneeded: boolean; readonly siblings: string[] }[];
  }

  test('is planned: what stays, what goes, and whether the caller may', async () => {
    const one = await body<PlanBody>(`${path}/plan`, MEMBER, { tags: tags().slice(0, 1) });
    assert.deepEqual([one.allowed, one.images[0]?.isUnneeded, one.images[0]?.siblings], [true, false, ['latest']]);
    const both = await body<PlanBody>(`${path}/plan`, READER, { tags: tags() });
    assert.deepEqual([both.allowed, both.images[0]?.isUnneeded], [false, true]);
    await body(`${path}/plan`, OUTSIDER, { tags: tags() }, 404);
    assert.deepEqual(asked, []);
  });

  test('of everything untagged names the manifests to send', async () => {
    const plan = await body<PlanBody>('/repositories/team/app/-/untagged/deletion', MEMBER);
    assert.deepEqual(
      plan.images.map(({ digest }) => digest),
      [digests[1]],
    );
    await body('/repositories/team/app/-/untagged/deletion', OUTSIDER, undefined, 404);
  });

  test('is deleted under the own name, each with its own outcome', async () => {
    const done = await body<{ items: { deleted: boolean; problem: string | null }[]; trashId: number }>(path, MEMBER, {
      ...{ tags: tags(), alsoUnneeded: true },
    });
    assert.deepEqual(
      done.items.map(({ deleted, problem }) => [deleted, problem]),
      [
        [true, null],
        [false, 'The tag moved.'],
      ],
    );
    assert.equal(done.trashId, 7);
    const who = { actor: 'member' };
    assert.deepEqual(asked.splice(0), [
      { repository: 'team/app', tags: tags(), digests: [], alsoUnneeded: true, ...who },
    ]);
  });

  test('is deleted by nobody without the right, and only with digests', async () => {
    await body(path, READER, { tags: tags() }, 403);
    await body(path, OUTSIDER, { tags: tags() }, 404);
    await body(path, MEMBER, { tags: [{ name: 'v1', digest: 'latest' }] }, 400);
    await body(path, MEMBER, { tags: Array(201).fill(tags()[0]) }, 400);
    assert.deepEqual(asked, []);
  });
});
