/** What anybody can send where no secret was agreed: how much of it is kept, and who goes first. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { COMMAND_LINE } from '../../server/access/actor.ts';
import { createAudit } from '../../server/audit/audit.ts';
import { createConfirmedBudget } from '../../server/notifications/confirmed-budget.ts';
import { createQuarantine } from '../../server/notifications/quarantine.ts';
import { type Stack, start } from '../support/app/receiver-stack.ts';
import { eventually } from '../support/process/eventually.ts';
import { anEnvelope, anEvent, EVENTS_V2 } from '../support/registry/events.ts';

describe('unverified envelopes keep to their limits', () => {
  const limits = { bytes: 100_000, events: 200 };
  const permitted = anEnvelope(anEvent({ id: 'confirmed', actor: 'permitted' }));
  /** From another machine. */
  const stranger = (stack: Stack, body: string) =>
    stack.record({ mediaType: EVENTS_V2, source: '192.0.2.66', verified: false, body: Buffer.from(body) });
  const padded = (id: string) => anEnvelope({ ...anEvent({ id }), padding: 'x'.repeat(4000) });
  const ids = async (stack: Stack) =>
    (await stack.opened.db.selectFrom('events').select('event_id').execute()).map((row) => row.event_id);
  async function sums(stack: Stack): Promise<{ bytes: number; events: number }> {
    const rows = await stack.opened.db.selectFrom('envelopes').select(['size_bytes', 'event_count']).execute();
    const events = rows.reduce((sum, row) => sum + row.event_count, 0);
    return { bytes: rows.reduce((sum, row) => sum + row.size_bytes, 0), events };
  }
  const keptWithin = (stack: Stack) =>
    eventually('what is kept is within the limit', () => sums(stack), {
      until: ({ bytes, events }) => Number(bytes) <= limits.bytes && Number(events) <= limits.events,
    });

  test('of bytes: the oldest go first', async (t) => {
    const stack = await start(null, { unverifiedLimits: limits });
    t.after(stack.close);
    for (let index = 0; index < 60; index += 1) assert.equal((await stack.send(padded(`budget ${index}`))).status, 204);
    await stack.untilApplied();
    await keptWithin(stack);
    const left = await ids(stack);
    assert.ok(left.includes('budget 59'));
    assert.ok(!left.includes('budget 0'));
  });

  test('of events: an envelope of many goes as a whole', async (t) => {
    const stack = await start(null, { unverifiedLimits: limits });
    t.after(stack.close);
    await stack.send(anEnvelope(anEvent({ id: 'ours' })));
    await stack.untilApplied();
    await stranger(stack, anEnvelope(...Array.from({ length: 3000 }, (_, index) => anEvent({ id: `his ${index}` }))));
    await stack.send(anEnvelope(anEvent({ id: 'ours too' })));
    await stack.untilApplied();
    await eventually('two are left', () => ids(stack), { until: ({ length }) => length === 2 });
    assert.deepEqual((await ids(stack)).sort(), ['ours', 'ours too']);
  });

  test("a stranger's posts push out neither what others sent nor what is confirmed", async (t) => {
    const stack = await start(null, { unverifiedLimits: limits });
    t.after(stack.close);
    await stack.send(permitted);
    for (let index = 0; index < 5; index += 1) await stack.send(anEnvelope(anEvent({ id: `real ${index}` })));
    await stack.untilApplied();
    for (let index = 0; index < 80; index += 1) await stranger(stack, padded(`false ${index}`));
    await stack.send(anEnvelope(anEvent({ id: 'real 5' })));
    await stack.untilApplied();
    await keptWithin(stack);
    const left = await ids(stack);
    for (const id of ['confirmed', 'real 0', 'real 4', 'real 5', 'false 79']) assert.ok(left.includes(id), id);
    assert.ok(!left.includes('false 0'));
  });

  test('confirmed events outlive their envelope', async (t) => {
    const stack = await start(null, { unverifiedLimits: limits });
    t.after(stack.close);
    await stack.send(permitted);
    for (let index = 0; index < 60; index += 1) await stack.send(padded(`later ${index}`));
    await stack.untilApplied();
    await keptWithin(stack);
    const left = await ids(stack);
    assert.ok(left.includes('confirmed'));
    assert.ok(!left.includes('later 0'));
  });

  test('of empty bodies: each costs its row', async (t) => {
    const stack = await start(null, { unverifiedLimits: limits });
    t.after(stack.close);
    for (let index = 0; index < 900; index += 1) await stranger(stack, '');
    await stack.untilApplied();
    const count = async () => (await stack.opened.db.selectFrom('envelopes').select('id').execute()).length;
    await eventually('the oldest are gone', count, { until: (left) => left <= limits.bytes / 200 });
    assert.ok((await count()) > 0);
  });

  test('dismissing one that was read in part does not take its events out of the limit', async (t) => {
    const stack = await start(null, { unverifiedLimits: limits });
    t.after(stack.close);
    const aside = createQuarantine(stack.opened.db, createAudit(stack.opened.db));
    for (let round = 0; round < 5; round += 1) {
      const events = Array.from({ length: 60 }, (_, index) => anEvent({ id: `part ${round} ${index}` }));
      await stranger(stack, `${anEnvelope(...events).slice(0, -7)},7]}`);
      await stack.untilApplied();
      const [row] = (await aside.list({ limit: 1 })).rows;
      assert.equal(row?.eventCount, 60);
      await aside.dismiss(COMMAND_LINE, row?.id ?? 0);
      assert.deepEqual((await aside.list({ limit: 1 })).rows, [], 'it is gone for people');
      assert.equal(await aside.body(row?.id ?? 0), undefined);
    }
    await stack.send(anEnvelope(anEvent({ id: 'ours' })));
    await stack.untilApplied();
    await eventually('the oldest are gone', () => ids(stack), { until: ({ length }) => length <= limits.events });
    const left = await ids(stack);
    assert.ok(left.includes('ours'));
    assert.ok(!left.includes('part 0 0'));
  });
});

describe('events whose user is known, of unverified envelopes, keep to a limit of their own', () => {
  const confirmedLimit = 100;
  const confirmed = (count: number, name: string) =>
    anEnvelope(...Array.from({ length: count }, (_, index) => anEvent({ id: `${name} ${index}`, actor: 'permitted' })));
  const from = (stack: Stack, source: string, body: string, verified = false) =>
    stack.record({ mediaType: EVENTS_V2, source, verified, body: Buffer.from(body) });
  const ids = async (stack: Stack) =>
    (await stack.opened.db.selectFrom('events').select('event_id').orderBy('id').execute()).map((row) => row.event_id);

  const keptWithin = (stack: Stack) =>
    eventually('what is kept is within the limit', () => ids(stack), {
      until: ({ length }) => length <= confirmedLimit,
    });

  test('the oldest go first', async (t) => {
    const stack = await start(null, { confirmedLimit });
    t.after(stack.close);
    for (let round = 0; round < 6; round += 1) await from(stack, '192.0.2.1', confirmed(30, `round ${round}`));
    await stack.untilApplied();
    await keptWithin(stack);
    const left = await ids(stack);
    assert.ok(left.length >= 60, `${left.length} are left`);
    assert.ok(left.includes('round 5 29'));
    assert.ok(!left.includes('round 0 0'));
  });

  test('those of the sender that has most go first', async (t) => {
    const stack = await start(null, { confirmedLimit });
    t.after(stack.close);
    await from(stack, '192.0.2.1', confirmed(20, 'registry'));
    for (let round = 0; round < 5; round += 1) await from(stack, '192.0.2.66', confirmed(30, `stranger ${round}`));
    await from(stack, '192.0.2.1', confirmed(20, 'registry again'));
    await stack.untilApplied();
    await keptWithin(stack);
    const left = await ids(stack);
    assert.equal(left.filter((id) => id.startsWith('registry')).length, 40);
  });

  test('verified ones neither count nor go, and neither do those of nobody known', async (t) => {
    const stack = await start(null, { confirmedLimit });
    t.after(stack.close);
    await from(stack, '192.0.2.1', confirmed(150, 'verified'), true);
    await from(
      stack,
      '192.0.2.1',
      anEnvelope(...Array.from({ length: 150 }, (_, n) => anEvent({ id: `claimed ${n}` }))),
    );
    await from(stack, '192.0.2.1', confirmed(90, 'permitted'));
    await stack.untilApplied();
    await from(stack, '192.0.2.1', confirmed(60, 'permitted too'));
    await stack.untilApplied();
    const count = async (start: string) => (await ids(stack)).filter((id) => id.startsWith(start)).length;
    await eventually('the oldest are gone', () => count('permitted'), { until: (left) => left <= confirmedLimit });
    assert.equal(await count('verified'), 150);
    assert.equal(await count('claimed'), 150);
  });

  test('events count after their envelope is gone, also after a restart', async (t) => {
    const limits = { bytes: 20_000, events: 100 };
    const stack = await start(null, { unverifiedLimits: limits, confirmedLimit });
    t.after(stack.close);
    for (let round = 0; round < 4; round += 1) {
      await from(stack, '192.0.2.1', confirmed(30, `round ${round}`));
      await from(stack, '192.0.2.1', 'x'.repeat(20_000));
      await stack.untilApplied();
    }
    await keptWithin(stack);
    const again = createConfirmedBudget(stack.opened.db, 50);
    await again.enforce();
    const left = await ids(stack);
    assert.ok(left.length <= 50 && left.length >= 40, `${left.length} are left`);
    assert.ok(left.includes('round 3 29'));
  });
});
