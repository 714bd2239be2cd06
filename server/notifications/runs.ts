/** Rows of which neighbours are the same: one line of a list each time. */

export interface Run<Row> {
  /** In the order of the list, one at least. */
  readonly rows: readonly Row[];
  /** True where reading stopped within it: the next page begins with the rest. */
  readonly isCut: boolean;
}

export interface RunPage<Row> {
  readonly runs: readonly Run<Row>[];
  /** Position after which the next page begins. */
  readonly next: string | undefined;
}

export interface RunSource<Row> {
  /** The rows after a position, in the order of the list; fewer than `limit` only at its end. */
  readonly read: (after: string | undefined, limit: number) => Promise<readonly Row[]>;
  readonly isSame: (one: Row, other: Row) => boolean;
  readonly positionOf: (row: Row) => string;
}

export interface RunLimits {
  readonly runs: number;
  /** Rows that are read for a page at most. */
  readonly rows: number;
  readonly rowsAtOnce: number;
}

/** A page of runs. Each ends where the list changes, so pages leave out and repeat nothing, however long a run is. */
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
