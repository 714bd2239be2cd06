/** Groups consecutive similar rows of a list: each group is one line. */

export interface Run<Row> {
  /** In the order of the list, at least one. */
  readonly rows: readonly Row[];
  /** True when reading stopped inside the run: the next page begins with its rest. */
  readonly isCut: boolean;
}

export interface RunPage<Row> {
  readonly runs: readonly Run<Row>[];
  /** Position after which the next page begins. */
  readonly next: string | undefined;
}

export interface RunSource<Row> {
  /** Reads rows after a position, in the order of the list; fewer than `limit` only at its end. */
  readonly read: (after: string | undefined, limit: number) => Promise<readonly Row[]>;
  readonly isSame: (one: Row, other: Row) => boolean;
  readonly positionOf: (row: Row) => string;
}

export interface RunLimits {
  readonly runs: number;
  /** Maximum number of rows read for a page. */
  readonly rows: number;
  readonly rowsAtOnce: number;
}

/**
 * Reads a page of runs. A page ends at the end of a run, or inside one that exceeds the limit, so that pages neither
 * omit nor repeat rows.
 */
export async function readRuns<Row>(
  { read, isSame, positionOf }: RunSource<Row>,
  after: string | undefined,
  limits: RunLimits,
): Promise<RunPage<Row>> {
  const runs: Row[][] = [];
  let position = after;
  for (let left = limits.rows; left > 0; ) {
    const wanted = Math.min(left, limits.rowsAtOnce);
    const rows = await read(position, wanted);
    for (const row of rows) {
      const run = runs.at(-1);
      const last = run?.at(-1);
      if (run !== undefined && last !== undefined && isSame(last, row)) run.push(row);
      else if (runs.length === limits.runs) return { runs: runs.map(whole), next: position };
      else runs.push([row]);
      position = positionOf(row);
    }
    if (rows.length < wanted) return { runs: runs.map(whole), next: undefined };
    left -= rows.length;
  }
  return endAtLimit(runs, await read(position, 1), position, isSame);
}

function endAtLimit<Row>(
  runs: readonly (readonly Row[])[],
  [following]: readonly Row[],
  position: string | undefined,
  isSame: (one: Row, other: Row) => boolean,
): RunPage<Row> {
  const last = runs.at(-1)?.at(-1);
  const isCut = following !== undefined && last !== undefined && isSame(last, following);
  return {
    runs: runs.map((rows, index) => ({ rows, isCut: isCut && index === runs.length - 1 })),
    next: following === undefined ? undefined : position,
  };
}

function whole<Row>(rows: readonly Row[]): Run<Row> {
  return { rows, isCut: false };
}
