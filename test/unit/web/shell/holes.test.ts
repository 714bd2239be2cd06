import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHoles, fill, fillBytes, personValues } from '../../../../server/web/shell/holes.ts';
import { personTone } from '../../../../server/web/shell/person.ts';

const holes = createHoles('00ff');
const { marks } = holes;

test('a text keeps everything around its holes, and each gets its value', () => {
  const pieces = holes.split(`<b>${marks.name}</b><input value="${marks.csrf}">${marks.name}é`);
  const values = { name: 'lin', csrf: 'token' };
  assert.equal(fill(pieces, values), '<b>lin</b><input value="token">liné');
  assert.equal(fillBytes(pieces, values).toString(), '<b>lin</b><input value="token">liné');
});

test('a hole without a value stays empty', () => {
  assert.equal(fill(holes.split(`a${marks.csrf}b${marks.me}`), { me: 'x' }), 'abx');
});

test('a text without holes is itself', () => {
  assert.equal(fill(holes.split('<p>text</p>'), { csrf: 'token' }), '<p>text</p>');
});

test('marks of one process are nothing to another', () => {
  const [one, other] = [createHoles(), createHoles()];
  assert.notEqual(one.marks.csrf, other.marks.csrf);
  assert.equal(fill(one.split(other.marks.csrf), { csrf: 'token' }), other.marks.csrf);
});

test('escaping for HTML and for addresses leaves a mark as it is', () => {
  for (const mark of Object.values(createHoles().marks)) assert.match(mark, /^[a-z0-9]+$/);
});

test('values of a person are finished HTML', () => {
  assert.deepEqual(personValues('lin.wei'), {
    name: 'lin.wei',
    me: 'lin.wei',
    tone: String(personTone('lin.wei')),
    initials: 'LW',
  });
  assert.equal(personValues('<i>').name, '&lt;i&gt;');
});
