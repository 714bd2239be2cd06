import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Run, readRuns } from '../../../server/notifications/runs.ts';

interface Row {
  readonly id: number;
  readonly what: string;
}

function rowsOf(text: string): readonly Row[] {
  return [...text].map((what, index) => ({ id: text.length - index, what }));
}

function sourceOf(rows: readonly Row[]) {
  const reads: number[] = [];
  return {
    reads,
    read: async (after: string | undefined, limit: number) => {
      const found = rows.filter(({ id }) => after === undefined || id < Number(after)).slice(0, limit);
      reads.push(found.length);
      return found;
    },
    isSame: (one: Row, other: Row) => one.what === other.what,
    positionOf: ({ id }: Row) => String(id),
  };
}

const textOf = (runs: readonly Run<Row>[]) =>
  runs.map(({ rows, isCut }) => rows.map(({ what }) => what).join('') + (isCut ? '…' : ''));

async function pagesOf(rows: readonly Row[], limits: { runs: number; rows: number; rowsAtOnce: number }) {
  const pages: (readonly Run<Row>[])[] = [];
  let after: string | undefined;
  do {
    const { runs, next }: Awaited<ReturnType<typeof readRuns<Row>>> = await readRuns(sourceOf(rows), after, limits);
    assert.ok(next === undefined || next !== after, 'each page gets further');
    pages.push(runs);
    after = next;
  } while (after !== undefined);
  return pages;
}

const PLENTY = { runs: 50, rows: 2000, rowsAtOnce: 250 };
const cases = [
  ['', PLENTY, [[]]],
  ['a', PLENTY, [['a']]],
  ['aaabba', PLENTY, [['aaa', 'bb', 'a']]],
  ['aaabba', { ...PLENTY, rowsAtOnce: 1 }, [['aaa', 'bb', 'a']]],
  ['aaabba', { ...PLENTY, runs: 2 }, [['aaa', 'bb'], ['a']]],
  ['aaabb', { ...PLENTY, runs: 1, rowsAtOnce: 2 }, [['aaa'], ['bb']]],
  ['aaab', { ...PLENTY, rows: 2 }, [['aa…'], ['a', 'b']]],
  ['aab', { ...PLENTY, rows: 2 }, [['aa'], ['b']]],
  ['aa', { ...PLENTY, rows: 2 }, [['aa']]],
] as const;
for (const [text, limits, expected] of cases) {
  const { runs, rows, rowsAtOnce } = limits;
  test(`"${text}" by ${runs} runs, ${rows} rows, ${rowsAtOnce} at once`, async () => {
    assert.deepEqual((await pagesOf(rowsOf(text), limits)).map(textOf), expected);
  });
}

/** As one would do it by hand, with the whole list in sight. */
function slowRuns(rows: readonly Row[]): string[] {
  return (
    rows
      .map(({ what }) => what)
      .join('')
      .match(/(.)\1*/g)
      ?.map(String) ?? []
  );
}

/** A small generator with a seed, so that what fails can be repeated. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

test('whatever the list and the limits: pages hold each row once, in order, in the runs of the whole list', async () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const random = randomOf(seed);
    const upTo = (most: number) => 1 + Math.floor(random() * most);
    const rows = rowsOf(Array.from({ length: upTo(60) - 1 }, () => 'ab'.charAt(random() < 0.2 ? 1 : 0)).join(''));
    const limits = { runs: upTo(5), rows: upTo(20), rowsAtOnce: upTo(8) };
    const pages = await pagesOf(rows, limits);
    const told = `seed ${seed}`;
    assert.deepEqual(
      pages.flat().flatMap((run) => run.rows),
      rows,
      told,
    );
    for (const page of pages) {
      assert.ok(page.length <= limits.runs, told);
      assert.ok(page.flatMap((run) => run.rows).length <= limits.rows, told);
      assert.ok(
        page.slice(0, -1).every(({ isCut }) => !isCut),
        told,
      );
    }
    // What was cut goes on with the first run of the next page.
    const joined = pages.flat().reduce<{ texts: string[]; open: boolean }>(
      ({ texts, open }, run) => {
        const text = run.rows.map(({ what }) => what).join('');
        return { texts: open ? [...texts.slice(0, -1), `${texts.at(-1)}${text}`] : [...texts, text], open: run.isCut };
      },
      { texts: [], open: false },
    );
    assert.deepEqual(joined.texts, slowRuns(rows), told);
    assert.equal(joined.open, false, told);
  }
});

test('no more is read than the limit and one, however long a run is', async () => {
  const source = sourceOf(rowsOf('a'.repeat(500)));
  await readRuns(source, undefined, { runs: 5, rows: 100, rowsAtOnce: 30 });
  assert.ok(source.reads.reduce((sum, count) => sum + count, 0) <= 101);
});
