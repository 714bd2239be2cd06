import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { overallState, statusChecks } from '../../../server/operations/checks.ts';
import type { StatusFacts } from '../../../server/operations/facts.ts';
import type { StorageFacts } from '../../../server/storage/health.ts';
import { NOW } from '../../support/data/browse-facts.ts';
import { crawlProgress, statusFacts } from '../../support/data/operations-facts.ts';

type Part = 'registry' | 'auth' | 'notifications' | 'database' | 'index';

function having(part: Part, changes: object): StatusFacts {
  const facts = statusFacts();
  return { ...facts, [part]: { ...facts[part], ...changes } };
}

const challenge = { scheme: 'Bearer', realm: 'https://web.example.com/api/auth', service: 'registry.example.com' };

const cases: readonly (readonly [string, Part, object, string, string])[] = [
  [
    'registry down',
    'registry',
    { reachable: false, error: 'refused' },
    'failed operations:status.reachable.refused',
    '',
  ],
  [
    'registry open',
    'registry',
    { demandsToken: false },
    'failed operations:status.demands_token.open',
    'rootcertbundle: /etc/distribution/registry-web.pem  # https://web.example.com/api/auth/ca.pem',
  ],
  [
    'registry open, of version 2, and the key came without a certificate',
    'auth',
    { hasCertificate: false, accepted: false, refusal: 'key' },
    'failed operations:status.tokens.key',
    'rootcertbundle: /conf/auth.cert',
  ],
  [
    'not read, and nothing else is wrong',
    'index',
    { crawl: crawlProgress({ failure: { key: 'registryUnauthorized', params: {} }, finishedAt: null }) },
    'failed errors:registryUnauthorized',
    '',
  ],
  [
    'asks for Basic',
    'registry',
    { demandsToken: false, demandsPassword: true, challenge: null },
    'failed operations:status.demands_token.basic',
    'realm:',
  ],
  [
    'foreign service',
    'registry',
    { challenge: { ...challenge, service: 'x' } },
    'failed operations:status.challenge.service',
    'service: registry.example.com',
  ],
  [
    'other realm',
    'registry',
    { challenge: { ...challenge, realm: 'http://x' } },
    'warning operations:status.challenge.realm',
    'realm: https://web.example.com/api/auth',
  ],
  [
    'realm unreachable, but we were reached elsewhere',
    'auth',
    { realmReachable: false, cameBy: 'http://10.0.0.7:8090', publicUrl: 'https://web.example.com' },
    'failed operations:status.realm.unreachable',
    'public_url: http://10.0.0.7:8090',
  ],
  [
    'the realm of the registry leads nowhere: ours has to be in its place, not another address of ours',
    'auth',
    { realmReachable: false, realm: 'https://other.example.com/api/auth' },
    'failed operations:status.realm.unreachable',
    'realm: https://other.example.com/api/auth',
  ],
  ['tokens refused', 'auth', { accepted: false }, 'failed operations:status.tokens.refused', 'issuer: registry-web'],
  [
    'a foreign key',
    'auth',
    { accepted: false, refusal: 'key' },
    'failed operations:status.tokens.key',
    'rootcertbundle:',
  ],
  [
    'another issuer',
    'auth',
    { accepted: false, refusal: 'claims' },
    'failed operations:status.tokens.claims',
    'issuer: registry-web',
  ],
  [
    'events sent back',
    'notifications',
    { lastAt: NOW - 5000, refusedAt: NOW },
    'failed operations:status.notifications.refused',
    'Authorization',
  ],
  [
    'certificate over',
    'auth',
    { certificateExpiresAt: NOW, certificateFile: '/conf/auth.cert', keyFile: '/conf/auth.key', accepted: false },
    'failed operations:status.expiry.over',
    "openssl req -x509 -new -days 3650 \\\n  -key /conf/auth.key -subj '/CN=registry-web' \\\n  -out /conf/auth.cert",
  ],
  [
    'certificate over and left out',
    'auth',
    { certificateExpiresAt: NOW, certificateFile: '/conf/auth.cert', accepted: true, headerMode: 'kid-rfc7638' },
    'warning operations:status.expiry.left_out',
    '',
  ],
  [
    'any certificate trusted',
    'registry',
    { trustsAnyCertificate: true },
    'warning operations:status.trust.any',
    'ca: ',
  ],
  [
    'certificate near its end',
    'auth',
    { certificateExpiresAt: NOW + 86_400_000 },
    'warning operations:status.expiry.soon',
    '',
  ],
  [
    'deletion disabled',
    'registry',
    { deletionEnabled: false },
    'failed operations:status.deletion.disabled',
    'enabled: true',
  ],
  [
    'pushed without event',
    'notifications',
    { lastAt: null, lastPushTokenAt: NOW - 61_000 },
    'failed operations:status.notifications.missing',
    'url: https://web.example.com/api/notification',
  ],
  [
    'the first push of all is under way',
    'notifications',
    { lastAt: null, lastPushTokenAt: NOW },
    'unknown operations:status.notifications.never',
    'url: https://web.example.com/api/notification',
  ],
  [
    'unverified events',
    'notifications',
    { lastVerifiedAt: null, hasSecret: false },
    'warning operations:status.notifications.unverified',
    'secret:',
  ],
  [
    'wrong secret',
    'notifications',
    { lastVerifiedAt: null },
    'failed operations:status.notifications.wrong_secret',
    'Authorization',
  ],
  ['clock behind', 'registry', { clockDifferenceMs: -95_000 }, 'failed operations:status.clock.behind', 'set-ntp'],
  ['loose database', 'database', { synchronous: 'normal' }, 'failed operations:status.database.loose', ''],
  ['failed crawl', 'index', { crawl: crawlProgress({ error: 'x' }) }, 'failed operations:status.crawl.failed', ''],
];

for (const [name, part, changes, expected, fix] of cases) {
  test(`names ${name} and what to change`, () => {
    const checks = statusChecks(having(part, changes));
    const found = checks.find(({ state, key }) => `${state} ${key}` === expected);
    assert.ok(found, checks.map(({ state, key }) => `${state} ${key}`).join('\n'));
    assert.ok((found.fix?.lines ?? '').includes(fix), found.fix?.lines);
  });
}

test('all is well when every fact is', () => {
  const checks = statusChecks(statusFacts());
  assert.equal(overallState(checks), 'ok');
  assert.ok(checks.every(({ fix }) => fix === null));
});

test('whoever asks for nothing takes anything: an open registry does not prove our tokens', () => {
  const checks = statusChecks(having('registry', { demandsToken: false }));
  assert.equal(checks.find(({ id }) => id === 'tokens')?.state, 'unknown');
});

test('a right event after a wrong one is good, and names the process it came from', () => {
  const checks = statusChecks(
    having('notifications', {
      ...{ lastAt: NOW, lastVerifiedAt: NOW, refusedAt: NOW - 5000, lastInstance: 'a-process' },
    }),
  );
  const found = checks.find(({ id }) => id === 'notifications');
  assert.deepEqual([found?.state, found?.params['instance']], ['ok', 'a-process']);
});

test('a trailing slash or the other path of the endpoint is the same realm', () => {
  const other = { ...challenge, realm: 'https://web.example.com/auth/token/' };
  const checks = statusChecks(having('registry', { challenge: other }));
  assert.ok(checks.some(({ key }) => key === 'operations:status.challenge.ok'));
});

test('images that are missing while the index is held are a failed check, and otherwise none', () => {
  const ids = (facts: StatusFacts) => statusChecks(facts).map(({ id, state }) => `${id} ${state}`);
  const held = having('index', { hold: { since: NOW, sampledCount: 20, missingCount: 19, watchedMs: 0 } });
  assert.ok(ids(held).includes('content failed'));
  assert.ok(!ids(statusFacts()).some((text) => text.startsWith('content')));
});

describe('the data folder', () => {
  const folders: readonly (readonly [string, Partial<StorageFacts>, string, string, string])[] = [
    ['healthy and checked', {}, 'storage', 'ok', 'operations:status.storage.checked'],
    ['not checked yet', { checkedAt: null }, 'storage', 'ok', 'operations:status.storage.ok'],
    ['nearly full', { freeBytes: 1e8 }, 'storage', 'warning', 'operations:status.storage.low'],
    ['out of inodes', { freeInodes: 20 }, 'storage', 'warning', 'operations:status.storage.inodes'],
    ['full', { trouble: 'full' }, 'storage', 'failed', 'errors:storage.full'],
    ['damaged', { trouble: 'damaged' }, 'storage', 'failed', 'errors:storage.damaged'],
    ['a short log', {}, 'wal', 'ok', 'operations:status.wal.ok'],
    ['a log that a reader keeps growing', { walBytes: 185e6 }, 'wal', 'warning', 'operations:status.wal.large'],
  ];
  for (const [name, changes, id, state, key] of folders) {
    test(name, () => {
      const storage = { ...statusFacts().database.storage, ...changes };
      const found = statusChecks(having('database', { storage })).find((check) => check.id === id);
      assert.deepEqual([found?.state, found?.key], [state, key]);
    });
  }
});

const REALM: readonly (readonly [name: string, auth: object, found: string])[] = [
  ['nobody came by it, and nothing else is known', {}, 'failed operations:status.realm.unreachable'],
  ['the reader came by it', { cameBy: 'https://web.example.com' }, 'ok operations:status.realm.came_by'],
  ['it says localhost in a container', { realmFailure: 'container' }, 'unknown operations:status.realm.container'],
  ['its certificate is of nobody we know', { realmFailure: 'untrusted' }, 'warning operations:status.realm.untrusted'],
  ['its certificate ran out', { realmFailure: 'certificate' }, 'failed operations:status.realm.certificate'],
  [
    'the present value would be the remedy',
    { cameBy: 'http://other:8090', publicUrl: 'http://other:8090' },
    'failed operations:status.realm.unreachable',
  ],
];
for (const [name, auth, found] of REALM) {
  test(`a realm that cannot be tried from here, ${name}: ${found}, and nothing to change`, () => {
    const checks = statusChecks(having('auth', { realmReachable: false, realmFailure: 'unreachable', ...auth }));
    const { state, key, fix } = checks.find(({ id }) => id === 'realm') ?? assert.fail('no check');
    assert.deepEqual([`${state} ${key}`, fix], [found, null]);
  });
}

const CAUSES: readonly (readonly [name: string, part: Part, changes: object, id: string])[] = [
  ['a foreign service', 'registry', { challenge: { ...challenge, service: 'x' } }, 'challenge'],
  ['clocks far apart', 'registry', { clockDifferenceMs: 3_600_000 }, 'clock'],
  ['a certificate that ran out', 'auth', { certificateExpiresAt: NOW - 1 }, 'expiry'],
];
for (const [name, part, changes, id] of CAUSES) {
  test(`${name} is one failure, and blames no issuer`, () => {
    const facts = having(part, changes);
    const checks = statusChecks({ ...facts, auth: { ...facts.auth, accepted: false, refusal: 'claims' } });
    assert.deepEqual(
      checks.filter(({ state }) => state === 'failed').map((check) => check.id),
      [id],
    );
  });
}

test('events that stay away after a push was allowed are a warning, once they are overdue', () => {
  const found = (sinceMs: number) =>
    statusChecks(having('notifications', { lastAt: NOW - 7_200_000, lastPushTokenAt: NOW - sinceMs })).find(
      ({ id }) => id === 'notifications',
    )?.key;
  assert.equal(found(3_600_000), 'operations:status.notifications.silent');
  assert.notEqual(found(60_000), 'operations:status.notifications.silent');
  assert.notEqual(found(10_000_000), 'operations:status.notifications.silent');
});

test('one cause, one line: a registry that was not read because it refuses us is not blamed again', () => {
  for (const key of ['registryUnauthorized', 'registryPassword']) {
    const facts = {
      ...having('registry', { demandsToken: false, demandsPassword: true, challenge: null }),
      index: { ...statusFacts().index, crawl: crawlProgress({ failure: { key, params: {} } }) },
    };
    const found = statusChecks(facts).filter(({ state }) => state === 'failed');
    assert.deepEqual(
      found.map(({ id }) => id),
      ['demands_token'],
    );
  }
});

test('one cause, one line: a registry that is away is no failure of the index, too, and no present value is a remedy', () => {
  const failure = { key: 'registryRefused', params: {} };
  const facts = {
    ...having('registry', { reachable: false, failure, demandsToken: null, challenge: null }),
    index: { ...statusFacts().index, crawl: crawlProgress({ failure }) },
  };
  const found = statusChecks(facts).filter(({ state }) => state === 'failed');
  assert.deepEqual(
    found.map(({ id, fix }) => [id, fix]),
    [['reachable', null]],
  );
});
