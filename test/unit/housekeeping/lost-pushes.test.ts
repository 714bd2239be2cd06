import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import type { Operation } from '../../../server/housekeeping/journal.ts';
import { createLostPushes, type PushEvent } from '../../../server/housekeeping/lost-pushes.ts';

const T0 = 1_000_000;
const operation: Operation = {
  id: 1,
  repository: 'team/app',
  tag: 'v1',
  digest: 'confirmed',
  throwawayDigest: 'throwaway',
  phase: 'done',
  actor: 'ann',
  startedAt: T0,
};
const push: PushEvent = {
  action: 'push',
  repository: 'team/app',
  tag: 'v1',
  digest: 'newer',
  at: T0 + 100,
  actorConfirmed: true,
};

/** @returns the references that were written again. */
async function putBackAfter(event: PushEvent, there: string | undefined = undefined, now = T0 + 1000) {
  const written: string[] = [];
  const putBack = createLostPushes({
    client: {
      headManifest: async () => (there === undefined ? undefined : { digest: there, mediaType: 'm', sizeBytes: 1 }),
      getManifest: async (_, digest) => ({ digest, mediaType: 'm', raw: Buffer.from('{}') }),
      putManifest: async (_, reference) => {
        written.push(reference);
        return 'digest';
      },
    },
    trash: { find: async () => undefined } as never,
    now: () => now,
    log: pino({ level: 'silent' }),
  });
  putBack.watch(operation, true);
  await putBack.handlePush(event);
  return written;
}

const cases: readonly (readonly [string, Partial<PushEvent>, readonly string[]])[] = [
  ['a push of other content', {}, ['v1']],
  ['the confirmed image pushed again since', { digest: 'confirmed' }, ['v1']],
  ['the confirmed image under another tag since', { digest: 'confirmed', tag: 'v2' }, ['v2']],
  ['the late event of the image that was deleted', { digest: 'confirmed', at: T0 - 1 }, []],
  ['the late event of an older image', { at: T0 - 60_000 }, []],
  ['our own throw-away', { digest: 'throwaway' }, []],
  ['another tag', { tag: 'v2' }, []],
  ['another repository', { repository: 'team/web' }, []],
  ['a sender nobody knows', { actorConfirmed: false }, []],
  ['a pull', { action: 'pull' }, []],
];
for (const [name, change, expected] of cases) {
  test(`${expected.length > 0 ? 'puts back' : 'leaves'}: ${name}`, async () => {
    assert.deepEqual(await putBackAfter({ ...push, ...change }), expected);
  });
}
test('leaves a tag that exists', async () => assert.deepEqual(await putBackAfter(push, 'newest'), []));
test('replaces the throw-away', async () => assert.deepEqual(await putBackAfter(push, 'throwaway'), ['v1']));
test('does not watch for ever', async () => {
  assert.deepEqual(await putBackAfter(push, undefined, T0 + 3_600_000), []);
});
