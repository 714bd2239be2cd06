import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createLogOutput } from '../../server/log-output.ts';

interface Line {
  readonly number?: number;
  readonly dropped?: number;
  readonly msg: string;
}

/** A place that takes so many bytes, then none until it is given more. */
function placeOf(bytes: number) {
  let room = bytes;
  let text = '';
  return {
    write: (given: Buffer): number => {
      if (room === 0) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
      const taken = given.subarray(0, room);
      room -= taken.length;
      text += taken.toString();
      return taken.length;
    },
    give: (more: number): void => {
      room += more;
    },
    text: () => text,
  };
}

test('what cannot be written waits, in order, half lines too', () => {
  const place = placeOf(3);
  const output = createLogOutput({ write: place.write });
  for (const line of ['one\n', 'two\n', 'three\n']) output.write(line);
  assert.equal(place.text(), 'one');
  place.give(100);
  output.flush();
  assert.equal(place.text(), 'one\ntwo\nthree\n');
});

test('more than the limit: the oldest go, and how many is told once', () => {
  const place = placeOf(1);
  const output = createLogOutput({ write: place.write, now: () => 0, maxWaitingBytes: 8 });
  for (const line of ['one\n', 'two\n', 'six\n', 'ten\n', 'end\n']) output.write(line);
  place.give(1000);
  output.flush();
  const lines = place.text().split('\n');
  assert.deepEqual([lines[0], ...lines.slice(2)], ['one', 'ten', 'end', '']);
  const { level, time, dropped } = JSON.parse(lines[1] ?? '') as Record<string, unknown>;
  assert.deepEqual([level, time, dropped], ['warn', '1970-01-01T00:00:00.000Z', 2]);
  output.write('more\n');
  assert.ok(place.text().endsWith('end\nmore\n'));
});

test('a flush ends although nothing is ever taken', () => {
  const place = placeOf(0);
  const output = createLogOutput({ write: place.write });
  output.write('lost\n');
  output.flush();
  assert.equal(place.text(), '');
});

test('what is only told waits for the end of the turn, what somebody must see takes it along at once', async () => {
  const writes: string[] = [];
  const output = createLogOutput({ write: (bytes) => writes.push(bytes.toString()) && bytes.length });
  const line = (level: string, number: number) => `{"level":"${level}","number":${number}}\n`;
  const [one, two, three, four] = [line('info', 1), line('info', 2), line('warn', 3), line('info', 4)];
  for (const each of [one, two]) output.write(each);
  assert.deepEqual(writes, []);
  await nextTurn();
  assert.deepEqual(writes, [one + two]);
  for (const each of [one, three, four]) output.write(each);
  assert.deepEqual(writes.slice(1), [one + three]);
  output.flush();
  assert.deepEqual(writes.slice(2), [four]);
  await nextTurn();
  assert.equal(writes.length, 3);
});

test('many lines of one turn are written as they come', async () => {
  let [written, writes] = [0, 0];
  const output = createLogOutput({
    maxWaitingBytes: 100_000,
    write: (bytes) => {
      [written, writes] = [written + bytes.length, writes + 1];
      return bytes.length;
    },
  });
  const line = `{"level":"info","text":"${'x'.repeat(970)}"}\n`;
  for (let count = 0; count < 1000; count += 1) output.write(line);
  await nextTurn();
  assert.equal(written, 1000 * line.length);
  assert.ok(writes < 50, `${writes} writes`);
});

const WRITER = join(import.meta.dirname, '..', 'support', 'process', 'log-writer.ts');
const options = { execArgv: ['--import', 'tsx'] };

test('a pipe that nobody reads holds nobody up, and gets the newest lines when somebody does', async () => {
  const child = fork(WRITER, ['20000', '100000'], { ...options, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  // Nobody listens for its data: the pipe of 64 KiB fills up.
  assert.deepEqual(await once(child, 'message'), ['written', undefined]);
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.send('end');
  const [code] = await once(child, 'close');
  assert.equal(code, 0);
  const lines = Buffer.concat(chunks)
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  const numbers = lines.flatMap(({ number }) => number ?? []);
  const dropped = lines.reduce((sum, line) => sum + (line.dropped ?? 0), 0);
  assert.ok(dropped > 0);
  assert.equal(numbers.length + dropped, 20_000);
  assert.deepEqual([numbers.at(0), numbers.at(-1), lines.at(-1)?.msg], [1, 20_000, 'last']);
});

test('a full disk, or a reader that went away, ends nothing', async () => {
  const full = fork(WRITER, ['2000', '1000'], {
    ...options,
    stdio: ['ignore', openSync('/dev/full', 'w'), 'inherit', 'ipc'],
  });
  const left = fork(WRITER, ['2000', '1000'], { ...options, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  left.stdout?.destroy();
  for (const child of [full, left]) {
    assert.deepEqual(await once(child, 'message'), ['written', undefined]);
    child.send('end');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  }
});
