import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { AppError } from '../../../server/errors.ts';
import { type Calls, createLink } from '../../../server/indexer/link.ts';

interface Answering extends Calls {
  readonly add: (one: number, other: number) => Promise<number>;
  readonly refuse: () => Promise<never>;
  readonly fail: () => Promise<never>;
  readonly wait: () => Promise<void>;
}

function pair() {
  const { port1, port2 } = new MessageChannel();
  const errors: unknown[] = [];
  const answering: Answering = {
    add: async (one, other) => one + other,
    refuse: async () => {
      throw new AppError('CONFLICT', 'It moved.', { key: 'tagMoved', params: { tag: 'v1' }, retryAfterSeconds: 7 });
    },
    fail: async () => {
      throw new TypeError('broken');
    },
    wait: () => new Promise(() => undefined),
  };
  createLink(port2, answering, (error) => errors.push(error));
  const link = createLink<Answering>(port1, {}, () => undefined);
  return { ...link, errors, end: () => port1.close() };
}

test('a call is answered, several at a time each with its own', async () => {
  const { remote, end } = pair();
  assert.deepEqual(await Promise.all([remote.add(1, 2), remote.add(3, 4)]), [3, 7]);
  end();
});

test('an error of ours arrives as one, with all its words', async () => {
  const { remote, end } = pair();
  await assert.rejects(remote.refuse(), (error: unknown) => {
    assert.ok(error instanceof AppError);
    const { code, message, key, params, retryAfterSeconds } = error;
    assert.deepEqual(
      { code, message, key, params, retryAfterSeconds },
      { code: 'CONFLICT', message: 'It moved.', key: 'tagMoved', params: { tag: 'v1' }, retryAfterSeconds: 7 },
    );
    return true;
  });
  end();
});

test('any other error says what it said there', async () => {
  const { remote, end } = pair();
  await assert.rejects(remote.fail(), { message: 'broken' });
  end();
});

test('a call that the other side does not know fails', async () => {
  const { remote, end } = pair();
  const unknown = remote as unknown as { readonly nothing: () => Promise<void> };
  await assert.rejects(unknown.nothing(), /nothing/);
  end();
});

test('what is told without an answer fails at the other side', async () => {
  const { notify: tell, remote, errors, end } = pair();
  tell('fail');
  // Messages keep their order, so this one is answered after that was heard.
  await remote.add(0, 0);
  assert.deepEqual(
    errors.map((error) => (error as Error).message),
    ['broken'],
  );
  end();
});

test('who waits when it is closed, and who asks later, is told why', async () => {
  const { remote, close, end } = pair();
  const waiting = remote.wait();
  close(new AppError('UNAVAILABLE', 'It ended.'));
  await assert.rejects(waiting, { code: 'UNAVAILABLE', message: 'It ended.' });
  await assert.rejects(remote.add(1, 1), { message: 'It ended.' });
  end();
});
