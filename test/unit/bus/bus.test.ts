import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBus } from '../../../server/bus/bus.ts';
import type { Message, MessageKind, MessageOf } from '../../../server/bus/message.ts';
import { createLogger } from '../../../server/log.ts';

const MESSAGES: { readonly [K in MessageKind]: MessageOf<K> } = {
  'repository-changed': { kind: 'repository-changed', repository: 'team/app' },
  'repository-read': { kind: 'repository-read', repository: 'team/app' },
  'catalog-read': { kind: 'catalog-read' },
  'index-state-changed': { kind: 'index-state-changed' },
  'events-kept': { kind: 'events-kept', repositories: ['team/app', 'team/web'] },
  'tokens-refused': { kind: 'tokens-refused', subjects: ['lin', ''] },
  audited: { kind: 'audited', action: 'tag.delete' },
  'push-token-issued': { kind: 'push-token-issued', repository: 'team/app', at: 1000 },
  'token-accepted': { kind: 'token-accepted' },
};

function start() {
  const lines: string[] = [];
  const bus = createBus(createLogger('error', { write: (line) => void lines.push(line) }));
  return { bus, lines };
}

for (const message of Object.values(MESSAGES)) {
  test(`${message.kind} is the same in another thread`, () => {
    assert.deepEqual(structuredClone(message), message);
    assert.deepEqual(JSON.parse(JSON.stringify(message)), message);
  });
}

test('each listener hears the kinds it subscribed to, in order, before the teller goes on', () => {
  const { bus } = start();
  const heard: string[] = [];
  bus.subscribe('repository-changed', ({ repository }) => heard.push(`one ${repository}`));
  bus.subscribe(['repository-changed', 'push-token-issued'], ({ kind, repository }) =>
    heard.push(`two ${kind} ${repository}`),
  );
  for (const message of Object.values(MESSAGES)) bus.publish(message);
  assert.deepEqual(heard, ['one team/app', 'two repository-changed team/app', 'two push-token-issued team/app']);
});

test('who ended its subscription hears nothing more, of none of its kinds', () => {
  const { bus } = start();
  const heard: string[] = [];
  const listener = ({ kind }: Message) => void heard.push(kind);
  const end = bus.subscribe(['catalog-read', 'token-accepted'], listener);
  bus.subscribe('catalog-read', listener);
  end();
  bus.publish(MESSAGES['catalog-read']);
  bus.publish(MESSAGES['token-accepted']);
  assert.deepEqual(heard, ['catalog-read']);
});

test('a listener that ends itself or another while a message is told is no longer called', () => {
  const { bus } = start();
  const heard: string[] = [];
  const endFirst = bus.subscribe('catalog-read', () => {
    heard.push('first');
    endFirst();
    endSecond();
  });
  const endSecond = bus.subscribe('catalog-read', () => heard.push('second'));
  bus.publish({ kind: 'catalog-read' });
  bus.publish({ kind: 'catalog-read' });
  assert.deepEqual(heard, ['first']);
});

test('a listener that throws keeps neither the others nor the teller from going on, and is logged', () => {
  const { bus, lines } = start();
  const heard: string[] = [];
  bus.subscribe('repository-changed', () => {
    throw new Error('broken listener');
  });
  bus.subscribe('repository-changed', ({ repository }) => heard.push(repository));
  bus.publish({ kind: 'repository-changed', repository: 'team/app' });
  assert.deepEqual(heard, ['team/app']);
  assert.equal(lines.length, 1);
  const { kind, error, level } = JSON.parse(lines[0] ?? '') as { kind: string; error: Error; level: string };
  assert.deepEqual([level, kind, error.message], ['error', 'repository-changed', 'broken listener']);
});

test('what a listener tells in turn is told at once', () => {
  const { bus } = start();
  const heard: string[] = [];
  bus.subscribe('token-accepted', () => bus.publish({ kind: 'index-state-changed' }));
  bus.subscribe(['token-accepted', 'index-state-changed'], ({ kind }) => heard.push(kind));
  bus.publish({ kind: 'token-accepted' });
  assert.deepEqual(heard, ['index-state-changed', 'token-accepted']);
});
