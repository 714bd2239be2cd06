import assert from 'node:assert/strict';
import { test } from 'node:test';
import { personTone } from '../../../../server/web/shell/person.ts';
import { createPlaceholders, fillPlaceholders, viewerValues } from '../../../../server/web/shell/placeholders.ts';

const placeholders = createPlaceholders('00ff');
const { marks } = placeholders;

test('a text keeps everything around its placeholders, and each gets its value', () => {
  const pieces = placeholders.split(`<b>${marks.name}</b><input value="${marks.csrf}">${marks.name}é`);
  const values = { name: 'lin', csrf: 'token' };
  assert.equal(fillPlaceholders(pieces, values).toString(), '<b>lin</b><input value="token">liné');
});

test('a placeholder without a value stays empty', () => {
  assert.equal(fillPlaceholders(placeholders.split(`a${marks.csrf}b${marks.me}`), { me: 'x' }).toString(), 'abx');
});

test('a text without placeholders is itself', () => {
  assert.equal(fillPlaceholders(placeholders.split('<p>text</p>'), { csrf: 'token' }).toString(), '<p>text</p>');
});

test('marks of one process are nothing to another', () => {
  const [one, other] = [createPlaceholders(), createPlaceholders()];
  assert.notEqual(one.marks.csrf, other.marks.csrf);
  assert.equal(fillPlaceholders(one.split(other.marks.csrf), { csrf: 'token' }).toString(), other.marks.csrf);
});

test('escaping for HTML and for addresses leaves a mark as it is', () => {
  for (const mark of Object.values(createPlaceholders().marks)) assert.match(mark, /^[a-z0-9]+$/);
});

test('values of a person are finished HTML', () => {
  assert.deepEqual(viewerValues('lin.wei'), {
    name: 'lin.wei',
    me: 'lin.wei',
    tone: String(personTone('lin.wei')),
    initials: 'LW',
  });
  assert.equal(viewerValues('<i>').name, '&lt;i&gt;');
});
