import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { treemap } from '../../../../server/web/parts/treemap.ts';

const BOX = { x: 10, y: 20, width: 1000, height: 420 };
const EPSILON = 1e-6;
const values = fc.array(fc.oneof(fc.nat({ max: 1000 }), fc.integer({ min: 0, max: 1e15 })), { maxLength: 60 });

test('every area is in proportion, inside the box, and none covers another', () => {
  fc.assert(
    fc.property(values, (given) => {
      const boxes = treemap(given, BOX);
      assert.equal(boxes.length, given.length);
      const total = given.reduce((sum, value) => sum + value, 0);
      const scale = total > 0 ? (BOX.width * BOX.height) / total : 0;
      for (const [index, { x, y, width, height }] of boxes.entries()) {
        assert.ok(Math.abs(width * height - (given[index] ?? 0) * scale) < 0.01);
        assert.ok(x >= BOX.x - EPSILON && y >= BOX.y - EPSILON);
        assert.ok(x + width <= BOX.x + BOX.width + EPSILON && y + height <= BOX.y + BOX.height + EPSILON);
      }
      for (const [index, one] of boxes.entries()) {
        for (const other of boxes.slice(index + 1)) {
          const across = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x);
          const down = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y);
          assert.ok(across <= EPSILON || down <= EPSILON || across * down < 0.01);
        }
      }
    }),
  );
});

test('equal values become pieces close to squares', () => {
  const pieces = treemap(Array(12).fill(1), BOX);
  assert.equal(pieces.length, 12);
  for (const { width, height } of pieces) {
    assert.ok(Math.max(width / height, height / width) < 2);
  }
});
