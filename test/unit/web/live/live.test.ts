/** The event stream, beside an Express of its own: who is told what. */

import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import express from 'express';
import { ANONYMOUS, type Rights, type Subject } from '../../../../server/access/rights.ts';
import { compileRule } from '../../../../server/access/rule.ts';
import type { Bus } from '../../../../server/bus/bus.ts';
import { EVERYTHING, NOTHING, type Visibility } from '../../../../server/catalog/visibility/visibility.ts';
import { createLogger } from '../../../../server/log.ts';
import { createLive } from '../../../../server/web/live/live.ts';
import { audienceOf } from '../../../../server/web/shell/audience.ts';
import type { Page } from '../../../../server/web/shell/page.ts';
import type { PageChange } from '../../../../server/web/shell/page-change.ts';
import { createPlaceholders } from '../../../../server/web/shell/placeholders.ts';
import { createRoutes } from '../../../../server/web/shell/routes.ts';
import { createSharedPages } from '../../../../server/web/shell/shared-pages.ts';
import { quietBus } from '../../../support/app/bus.ts';
import { eventually } from '../../../support/process/eventually.ts';

const stops: (() => void)[] = [];
after(() => {
  for (const stop of stops) stop();
});

const NO_RIGHTS: Rights = { subject: ANONYMOUS, isAdmin: false, isAuditor: false, rules: [] };
const ADDRESS = '10.0.0.1';
const LIN: Subject = { kind: 'user', id: 7, name: 'lin' };

interface StartOptions {
  readonly lifetimeMs?: number;
  readonly watchMs?: number;
  readonly rights?: Rights;
}

async function start({ rights = NO_RIGHTS, ...options }: StartOptions = {}) {
  const bus = quietBus();
  const opened: string[] = [];
  const state = {
    seen: EVERYTHING as Visibility,
    hidden: new Set<string>(),
    rights,
    version: 1,
    isAlive: true,
    now: 1000,
    html: '<p>one</p>',
    pageVersion: 1,
    /** What the access version waits for. */
    gate: Promise.resolve(),
    versionReads: 0,
    rightsReads: 0,
  };
  const viewer = { rights, isSignedIn: rights.subject.kind === 'user' };
  const placeholders = createPlaceholders();
  const sharedPages = createSharedPages({ placeholders, version: async () => String(state.pageVersion) });
  /** What a page of this viewer shows, as one that asks for it gets it. */
  const show = async (key: string, audience = audienceOf({ ...viewer, address: ADDRESS })) => {
    const startDraw = () => async () => ({ html: state.html, live: 'team/app', isCacheable: true });
    const page = await sharedPages.find({ key, audience, personal: undefined, startDraw, isBackground: false });
    return page ?? assert.fail('nothing was drawn');
  };
  const live = createLive({
    bus,
    opened: (repository) => void opened.push(repository),
    visibility: { of: async () => state.seen },
    rightsOf: async () => {
      state.rightsReads += 1;
      return state.rights;
    },
    accessVersion: async () => {
      state.versionReads += 1;
      await state.gate;
      return state.version;
    },
    isSessionAlive: async () => state.isAlive,
    visibleNames: async (seen, names) => (seen.all ? names.filter((name) => !state.hidden.has(name)) : []),
    sharedPages,
    log: createLogger('silent'),
    now: () => state.now,
    gatherMs: 5,
    ...options,
  });
  const router = express.Router();
  const page = (url: URL) => ({
    query: (name: string) => url.searchParams.get(name) ?? '',
    viewer: { subject: rights.subject, rights, isSignedIn: rights.subject.kind === 'user' },
    origin: { address: ADDRESS },
    authEnabled: true,
  });
  live.pages(
    createRoutes(
      router,
      async (_policy, request) => page(new URL(request.url, 'http://any')) as unknown as Page,
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
  return {
    bus,
    opened,
    live,
    state,
    show,
    connections: () => promisify(server.getConnections.bind(server))(),
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/live`,
  };
}

function change(bus: Bus, repository: string): void {
  bus.publish({ kind: 'repository-changed', repository });
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
  await eventually('the stream is open', () => state.text, { until: (text) => text.includes('here') });
  const told = () =>
    [...state.text.matchAll(/^event: changed\ndata: (.*)$/gm)].map(([, data]) => JSON.parse(data ?? '') as string[]);
  const changes = () =>
    [...state.text.matchAll(/^event: page\ndata: (.*)$/gm)].map(([, data]) => JSON.parse(data ?? '') as PageChange);
  return { answer, state, told, changes };
}

test('a viewer is told which repositories changed, several at once in one message', async () => {
  const { bus, url } = await start();
  const stream = await listen(url);
  assert.match(stream.answer.headers.get('content-type') ?? '', /^text\/event-stream/);
  assert.equal(stream.answer.headers.get('cache-control'), 'no-store, no-transform');
  for (const name of ['team/app', 'team/web', 'team/app']) change(bus, name);
  await eventually('the message', () => stream.told().length);
  assert.deepEqual(stream.told(), [['team/app', 'team/web']]);
});

test('everybody is told when the registry comes or goes and when a crawl ends, and nothing of what it holds', async () => {
  const { bus, state, url } = await start();
  state.seen = NOTHING;
  const stream = await listen(url);
  bus.publish({ kind: 'index-state-changed' });
  await eventually('the message', () => stream.told().length);
  assert.deepEqual(stream.told(), [['#index']]);
});

test('what happened between a page and its stream is told when the stream begins, to whom it concerns', async () => {
  const { bus, state, url } = await start();
  change(bus, 'team/before');
  state.now = 2000;
  change(bus, 'team/app');
  change(bus, 'secret/app');
  state.hidden.add('secret/app');
  const late = await listen(`${url}?since=2000`);
  await eventually('the message', () => late.told().length);
  assert.deepEqual(late.told(), [['team/app']]);
  state.now = 3000;
  for (const query of ['?since=3000', '', '?since=', '?since=now', '?since=-1']) {
    const stream = await listen(url + query);
    change(bus, 'team/fence');
    await eventually('the fence', () => stream.told().length);
    assert.deepEqual(stream.told(), [['team/fence']], query);
  }
});

test('repositories the viewer may not pull are never named, and revoked rights count at once', async () => {
  const { bus, state, url } = await start();
  const stream = await listen(url);
  state.hidden.add('secret/app');
  change(bus, 'secret/app');
  change(bus, 'team/app');
  await eventually('the message', () => stream.told().length);
  state.seen = NOTHING;
  change(bus, 'team/later');
  bus.publish({ kind: 'index-state-changed' });
  await eventually('the second message', stream.told, { until: ({ length }) => length > 1 });
  assert.deepEqual(stream.told(), [['team/app'], ['#index']]);
});

test('many names are told as everything', async () => {
  const { bus, url } = await start();
  const stream = await listen(url);
  for (let index = 0; index < 200; index += 1) change(bus, `team/app${index}`);
  await eventually('the message', () => stream.told().length);
  assert.deepEqual(stream.told(), [[]]);
});

test('a stream ends by itself, and when the process stops', async () => {
  const short = await start({ lifetimeMs: 20 });
  const first = await listen(short.url);
  await eventually('the first ends', () => first.state.ended);
  const long = await start();
  const second = await listen(long.url);
  long.live.endAll();
  await eventually('the second ends', () => second.state.ended);
});

test('one address cannot take every stream', async () => {
  const { url } = await start();
  const answers = await Promise.all(Array.from({ length: 110 }, () => fetch(url)));
  assert.equal(answers.filter(({ status }) => status === 200).length, 100);
  for (const answer of answers) await answer.body?.cancel();
});

const admin: Rights = { subject: LIN, isAdmin: true, isAuditor: true, rules: [] };
const auditor: Rights = { ...admin, isAdmin: false };
const member: Rights = { subject: LIN, isAdmin: false, isAuditor: false, rules: [] };
const others = ['wei'];

const topics = [
  [
    'events to a member who may see the repository',
    member,
    { kind: 'events-kept', repositories: ['team/app'] },
    ['#events'],
  ],
  ['no events of a hidden repository', member, { kind: 'events-kept', repositories: ['secret/app'] }, []],
  ['all events to an auditor', auditor, { kind: 'events-kept', repositories: ['secret/app'] }, ['#events']],
  ['no events to a stranger', NO_RIGHTS, { kind: 'events-kept', repositories: ['team/app'] }, []],
  ['own refusals to a member', member, { kind: 'tokens-refused', subjects: ['lin'] }, ['#refusals']],
  ['not those of others', member, { kind: 'tokens-refused', subjects: others }, []],
  ['all refusals to an auditor', auditor, { kind: 'tokens-refused', subjects: others }, ['#refusals']],
  ['what people do to an auditor', auditor, { kind: 'audited', action: 'tag.delete' }, ['#audit']],
  ['who signs in also to the list of users', admin, { kind: 'audited', action: 'session.start' }, ['#audit', '#users']],
  ['nothing of it to a member', member, { kind: 'audited', action: 'user.add' }, []],
] as const;
for (const [name, rights, message, told] of topics) {
  test(`tells ${name}`, async () => {
    const { bus, state, url } = await start({ rights });
    state.hidden.add('secret/app');
    const stream = await listen(url);
    bus.publish(message);
    change(bus, 'team/fence');
    await eventually('the message', () => stream.told().length);
    assert.deepEqual(stream.told(), [['team/fence', ...told]]);
  });
}

test('tells a viewer whose rights changed, and an admin that accounts did, whoever changed them', async () => {
  const { state, url } = await start({ rights: member, watchMs: 5 });
  const stream = await listen(url);
  const rule = { repository: 'team/**', address: '*', canPull: true, canPush: false, canDelete: false };
  state.rights = { ...member, rules: [compileRule(rule, 'lin')] };
  state.version += 1;
  await eventually('the message', () => stream.told().length);
  state.rights = { ...admin };
  state.version += 1;
  await eventually('the second', stream.told, { until: ({ length }) => length > 1 });
  // Somebody else's changed: the same rights in another object.
  state.rights = { ...admin };
  state.version += 1;
  await eventually('the third', stream.told, { until: ({ length }) => length > 2 });
  assert.deepEqual(stream.told(), [['#rights'], ['#rights', '#users'], ['#users']]);
});

test('says that the session has ended, and ends', async () => {
  const { bus, state, url } = await start({ rights: member });
  const stream = await listen(url);
  bus.publish({ kind: 'audited', action: 'session.end' });
  change(bus, 'team/fence');
  await eventually('the fence', () => stream.told().length);
  assert.equal(stream.state.ended, false);
  state.isAlive = false;
  bus.publish({ kind: 'audited', action: 'session.end' });
  await eventually('the end', () => stream.state.ended);
  assert.match(stream.state.text, /^event: ended$/m);
});

test('a page that tells how old its list is hears when the list was read again', async () => {
  const { bus, opened, state, url } = await start();
  const [one, all, none] = [await listen(`${url}?of=team/app`), await listen(`${url}?of=*`), await listen(url)];
  await eventually('the look', () => opened.length);
  assert.deepEqual(opened, ['team/app'], 'an open page has its repository looked at');
  state.now = 2000;
  bus.publish({ kind: 'repository-read', repository: 'team/app' });
  state.now = 3000;
  bus.publish({ kind: 'catalog-read' });
  const message = (at: number) => `event: read\ndata: {"at":${at}}\n\n`;
  change(bus, 'team/fence');
  for (const stream of [one, all, none]) await eventually('the fence', () => stream.told().length);
  const reads = ({ state }: typeof one) => state.text.match(/^event: read\n.*\n\n/gm);
  assert.deepEqual(reads(one), [message(2000)]);
  assert.deepEqual(reads(all), [message(3000)]);
  assert.equal(reads(none), null);
});

test('what a viewer may not see is neither looked at nor told of', async () => {
  const { bus, opened, state, url } = await start();
  state.hidden.add('secret/app');
  const [hidden, shown] = [await listen(`${url}?of=secret/app`), await listen(`${url}?of=team/app`)];
  await eventually('the look', () => opened.length);
  bus.publish({ kind: 'repository-read', repository: 'secret/app' });
  bus.publish({ kind: 'repository-read', repository: 'team/app' });
  change(bus, 'team/fence');
  for (const stream of [hidden, shown]) await eventually('the fence', () => stream.told().length);
  assert.match(shown.state.text, /event: read/);
  assert.deepEqual(opened, ['team/app']);
  assert.doesNotMatch(hidden.state.text, /event: read/);
});

test('a page that is remembered is told what changed in it, and nothing when it shows the same', async () => {
  const { bus, state, show, url } = await start();
  const { hash } = await show('page');
  const stream = await listen(`${url}?shown=${hash}`);
  state.pageVersion += 1;
  change(bus, 'team/app');
  change(bus, 'team/fence');
  await eventually('the round is over', async () => (await show('page')).hash === hash);
  [state.html, state.pageVersion] = ['<p>two</p>', state.pageVersion + 1];
  change(bus, 'team/app');
  await eventually('the change', async () => stream.changes().length > 0);
  assert.deepEqual(stream.changes(), [
    {
      from: hash,
      to: (await show('page')).hash,
      parts: [[0, '<p>'.length], 'two', ['<p>one'.length, '<p>one</p>'.length]],
    },
  ]);
  assert.deepEqual(stream.told(), []);
});

test('a page that does not show what changed hears that it did, as any other', async () => {
  const { bus, show, url } = await start();
  const stream = await listen(`${url}?shown=${(await show('page')).hash}`);
  change(bus, 'team/web');
  await eventually('the message', async () => stream.told().length > 0);
  assert.deepEqual([stream.told(), stream.changes()], [[['team/web']], []]);
});

test('what others may see is told to nobody else, whatever hash is asked for', async () => {
  const { bus, state, show, url } = await start({ rights: member });
  const { hash } = await show('page', audienceOf({ rights: admin, isSignedIn: true, address: ADDRESS }));
  const stream = await listen(`${url}?shown=${hash}`);
  [state.html, state.pageVersion] = ['<p>two</p>', 2];
  change(bus, 'team/app');
  await eventually('the message', async () => stream.told().length > 0);
  assert.deepEqual([stream.told(), stream.changes()], [[['team/app']], []]);
});

test('who has other rights by now has to ask', async () => {
  const { bus, state, show, url } = await start({ rights: member });
  const stream = await listen(`${url}?shown=${(await show('page')).hash}`);
  state.rights = { ...member, isAuditor: true };
  [state.html, state.pageVersion] = ['<p>two</p>', 2];
  change(bus, 'team/app');
  await eventually('the message', async () => stream.told().length > 0);
  assert.deepEqual([stream.told(), stream.changes()], [[['team/app', '#rights']], []]);
});

test('a page that was closed before its stream began leaves no stream behind', async () => {
  const { bus, connections, state, url } = await start();
  let release = (): void => undefined;
  state.gate = new Promise((resolve) => {
    release = resolve;
  });
  const abort = new AbortController();
  const asked = fetch(url, { signal: abort.signal }).catch(() => undefined);
  await eventually('the stream is asked for', () => state.versionReads > 0);
  abort.abort();
  await asked;
  await eventually('its connection is closed', connections, { until: (count) => count === 0 });
  release();
  const stream = await listen(url);
  state.rightsReads = 0;
  change(bus, 'team/fence');
  await eventually('the fence', async () => stream.told().length > 0);
  assert.equal(state.rightsReads, 1);
});

test('a page that shows another version than the others is not taken for one of them', async () => {
  const { bus, state, show, url } = await start();
  const first = await listen(`${url}?shown=${(await show('page')).hash}`);
  // Opened in the moment in which it was different.
  [state.html, state.pageVersion] = ['<p>two</p>', 2];
  const second = await listen(`${url}?shown=${(await show('page')).hash}`);
  [state.html, state.pageVersion] = ['<p>one</p>', 3];
  change(bus, 'team/app');
  await eventually('the second is told', async () => second.told().length + second.changes().length > 0);
  assert.deepEqual([first.told(), first.changes()], [[], []]);
});
