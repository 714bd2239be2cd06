import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

const SERVER = resolve(import.meta.dirname, '..', '..', 'server');
const files = readdirSync(SERVER, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ file, text: readFileSync(join(SERVER, file), 'utf8') }));

/** Their instants stand in the database, in a certificate, in a token, in a request, or are only shown: they are dates. */
const DATES: readonly string[] = [
  'accounts/known-addresses.ts',
  'accounts/refresh-tokens.ts',
  'accounts/sessions.ts',
  'audit/failed-sign-ins.ts',
  'catalog/activity/activity.ts',
  'catalog/manifests/retries.ts',
  'catalog/sync/crawl-journal.ts',
  'catalog/sync/verification.ts',
  'catalog/visibility/visibility.ts',
  'housekeeping/deletion.ts',
  'housekeeping/external-deletions.ts',
  'housekeeping/lost-pushes.ts',
  'housekeeping/resume.ts',
  'notifications/retention.ts',
  'notifications/silence.ts',
  'token/key-pair.ts',
  'token/leaf.ts',
  'token/signer.ts',
];
/** Pages and API compare with what is stored; a migration stamps what it makes. */
const OF_STORED = /^(web\/|api\/|storage\/(migrat|upgrade|repair))/;
/** What such a file is about waits or lasts, whatever folder it is in: it never sees the date. */
const LASTS =
  /(^|[/\\-])(circuit|cache|retry|repeated-refresh|opened-refresh|backoff|back-off|outage-tracker|grace-period|pace|gate|recent-grants|queue|semaphore|limit|loop|yield)(-|\.ts$)/;

test('the date is asked only through an argument, where one can be given', () => {
  const callers = files.filter(({ text }) => /\bDate\.now\(\)|\bnew Date\(\)/.test(text)).map(({ file }) => file);
  // To be given the argument as well: filters of the lists.
  assert.deepEqual(
    callers.filter((file) => !OF_STORED.test(file)),
    [],
  );
});

test('nothing waits or measures by the date', () => {
  const arithmetic = /(?<![.\w])now\(\)\s*[-+<>]|[-+<>]=?\s*now\(\)/;
  const found = files.filter(({ file, text }) => arithmetic.test(text) && !OF_STORED.test(file.replaceAll('\\', '/')));
  assert.deepEqual(
    found.map(({ file }) => file).filter((file) => !DATES.includes(file)),
    [],
    'take a Clock (server/clock.ts), or say here that these are stored dates',
  );
});

test('circuits, caches, retries, gates and limits have no date at all', () => {
  const found = files.filter(
    ({ file, text }) => LASTS.test(file) && /\bnow\??: \(\) => number|(?<![.\w])now\(\)|Date\.now/.test(text),
  );
  assert.deepEqual(
    found.map(({ file }) => file),
    [],
  );
});

test('the list of dates names files that are there', () => {
  const known = new Set(files.map(({ file }) => file));
  assert.deepEqual(
    DATES.filter((file) => !known.has(file)),
    [],
  );
});
