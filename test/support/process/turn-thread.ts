/** A thread that takes the turn to write over and over, and counts in memory that all share how many have it at once. */
import { parentPort, workerData } from 'node:worker_threads';
import { createWriteTurn, type SharedTurn } from '../../../server/storage/write-turn.ts';

export interface TurnThreadData {
  readonly shared: SharedTurn;
  readonly thread: number;
  readonly seen: SharedArrayBuffer;
  readonly rounds: number;
  /** It takes the turn once, says so, and never gives it back. */
  readonly isKept: boolean;
}

/** The three counts: who has it now, how often somebody else had it, how often it was had. */
export async function takeOften(turn: ReturnType<typeof createWriteTurn>, seen: SharedArrayBuffer, rounds: number) {
  const counts = new Int32Array(seen);
  for (let round = 0; round < rounds; round++) {
    await turn.take();
    if (Atomics.add(counts, 0, 1) !== 0) Atomics.add(counts, 1, 1);
    await new Promise((resolve) => setImmediate(resolve));
    Atomics.sub(counts, 0, 1);
    Atomics.add(counts, 2, 1);
    turn.give();
  }
}

async function keep(turn: ReturnType<typeof createWriteTurn>): Promise<void> {
  await turn.take();
  parentPort?.postMessage('has it');
  parentPort?.on('message', () => undefined);
}

if (workerData !== null) {
  const { shared, thread, seen, rounds, isKept } = workerData as TurnThreadData;
  const turn = createWriteTurn({ shared, thread });
  await (isKept ? keep(turn) : takeOften(turn, seen, rounds));
}
