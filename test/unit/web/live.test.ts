/** The event stream, beside an Express of its own: who is told what. */
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import express from 'express';
import { ANONYMOUS, type Rights } from '../../../server/access/rights.ts';
import { createChanges } from '../../../server/catalog/changes.ts';
import { EVERYTHING, NOTHING, type Visibility } from '../../../server/catalog/visibility.ts';
import { createLogger } from '../../../server/log.ts';
import { createLive } from '../../../server/web/live.ts';
import type { Page } from '../../../server/web/page.ts';
import { createRoutes } from '../../../server/web/routes.ts';
import { eventually } from '../../support/walk.ts';

const stops: (() => void)[] = [];
after(() => {
  for (const stop of stops) stop();
});

async function start(options: { lifetimeMs?: number } = {}) {
  const changes = createChanges();
  const state = { seen: EVERYTHING as Visibility, hidden: new Set<string>() };
  const live = createLive({
    changes,
    visibility: { of: async () => state.seen },
    rightsOf: async () => ({}) as Rights,
    visibleNames: async (seen, names) => (seen.all ? names.filter((name) => !state.hidden.has(name)) : []),
    log: createLogger('silent'),
    gatherMs: 5,
    ...options,
  });
  const router = express.Router();
  const page = {
    viewer: { subject: ANONYMOUS },
    origin: { address: '10.0.0.1' },
    authEnabled: true,
  } as unknown as Page;
  live.pages(
    createRoutes(
      router,
      async () => page,
      () => [],
    ),
  );
  const app = express().use(router);
  app.use(
    (error: { code?: string }, _request: express.Request, response: express.Response, _next: express.NextFunction) => {
      response.status(502).end(error.code);
    },
  );
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  stops.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { changes, live, state, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/live` };
}

async function listen(url: string) {
  const abort = new AbortController();
  stops.push(() => abort.abort());
  const answer = await fetch(url, { signal: abort.signal });
  const state = { text: '', ended: false };
  const read = async () => {
    for await (const chunk of answer.body ?? []) state.text += Buffer.from(chunk).toString();
    state.ended = true;
  };
  read().catch(() => undefined);
  await eventually('the stream is open', async () => state.text.includes('retry:'));
  const told = () => [...state.text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data ?? '') as string[]);
  return { answer, state, told };
}

test('a viewer is told which repositories changed, several at once in one message', async () => {
  const { changes, url } = await start();
  const stream = await listen(url);
  assert.match(stream.answer.headers.get('content-type') ?? '', /^text\/event-stream/);
  assert.equal(stream.answer.headers.get('cache-control'), 'no-store');
  for (const name of ['team/app', 'team/web', 'team/app']) changes.emit(name);
  await eventually('the message', async () => stream.told().length > 0);
  assert.deepEqual(stream.told(), [['team/app', 'team/web']]);
});

test('what the viewer may not pull is never named, and rights taken away count at once', async () => {
  const { changes, state, url } = await start();
  const stream = await listen(url);
  state.hidden.add('secret/app');
  changes.emit('secret/app');
  changes.emit('team/app');
  await eventually('the message', async () => stream.told().length > 0);
  state.seen = NOTHING;
  changes.emit('team/later');
  await new Promise((resolve) => setTimeout(resolve, 50));
  state.seen = EVERYTHING;
  changes.emit('team/last');
  await eventually('the last message', async () => stream.told().length > 1);
  assert.deepEqual(stream.told(), [['team/app'], ['team/last']]);
});

test('many names are told as everything', async () => {
  const { changes, url } = await start();
  const stream = await listen(url);
  for (let index = 0; index < 200; index += 1) changes.emit(`team/app${index}`);
  await eventually('the message', async () => stream.told().length > 0);
  assert.deepEqual(stream.told(), [[]]);
});

test('a stream ends by itself, and when the process stops', async () => {
  const short = await start({ lifetimeMs: 20 });
  const first = await listen(short.url);
  await eventually('the first ends', async () => first.state.ended);
  const long = await start();
  const second = await listen(long.url);
  long.live.endAll();
  await eventually('the second ends', async () => second.state.ended);
});

test('one address cannot take every stream', async () => {
  const { url } = await start();
  const answers = await Promise.all(Array.from({ length: 110 }, () => fetch(url)));
  assert.equal(answers.filter(({ status }) => status === 200).length, 100);
  for (const answer of answers) await answer.body?.cancel();
});
