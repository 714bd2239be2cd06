import { createRotation, type Place, type Rotation } from './rotation.ts';

/** `first`: the password is known to be right. `slow`: after too many wrong ones; these never take all workers. */
export type Urgency = 'first' | 'normal' | 'slow';

export interface QueuePlace extends Place {
  readonly urgency: Urgency;
}

export interface FairQueueOptions {
  readonly maxRunning: number;
  readonly maxSlowRunning: number;
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
  /** What somebody gets who waited too long, or whose place went to another. */
  readonly refusal: () => Error;
}

interface Waiter extends QueuePlace {
  readonly start: () => void;
  readonly giveUp: () => void;
}

const MIN_URGENT_FIRST = ['slow', 'normal', 'first'] as const;
// One in so many is a slow one, so that these come through however many others there are.
const SLOW_EVERY = 4;

/** Runs a few tasks at a time. Who waits is served in turn by network and lane, so a crowd at one place delays that place. */
export function createFairQueue({ maxRunning, maxSlowRunning, maxWaiting, maxWaitMs, refusal }: FairQueueOptions) {
  const lines: Readonly<Record<Urgency, Rotation<Waiter>>> = {
    first: createRotation(),
    normal: createRotation(),
    slow: createRotation(),
  };
  let running = 0;
  let slowRunning = 0;
  let picks = 0;

  async function run<Result>(place: QueuePlace, task: () => Promise<Result>): Promise<Result> {
    await turn(place);
    try {
      return await task();
    } finally {
      running -= 1;
      if (place.urgency === 'slow') slowRunning -= 1;
      startNext();
    }
  }

  function turn(place: QueuePlace): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        clearTimeout(timer);
        if (lines[waiter.urgency].remove(waiter)) reject(refusal());
      };
      const timer = setTimeout(giveUp, maxWaitMs);
      const start = () => {
        clearTimeout(timer);
        resolve();
      };
      const waiter: Waiter = { ...place, start, giveUp };
      lines[place.urgency].add(waiter);
      startNext();
      if (waitingCount() > maxWaiting) mostCrowded(lines)?.giveUp();
    });
  }

  function waitingCount(): number {
    return lines.first.size() + lines.normal.size() + lines.slow.size();
  }

  function startNext(): void {
    while (running < maxRunning) {
      const waiter = nextWaiter();
      if (waiter === undefined) return;
      running += 1;
      if (waiter.urgency === 'slow') slowRunning += 1;
      waiter.start();
    }
  }

  function nextWaiter(): Waiter | undefined {
    picks += 1;
    const slow = slowRunning < maxSlowRunning ? lines.slow : undefined;
    const isSlowsTurn = picks % SLOW_EVERY === 0;
    return lines.first.next() ?? (isSlowsTurn ? slow?.next() : undefined) ?? lines.normal.next() ?? slow?.next();
  }

  return { run };
}
export type FairQueue = ReturnType<typeof createFairQueue>;

/** Whose place is taken when there are too many: the least urgent, of the place with the largest crowd, the last to come. */
function mostCrowded(lines: Readonly<Record<Urgency, Rotation<Waiter>>>): Waiter | undefined {
  for (const urgency of MIN_URGENT_FIRST) {
    const waiter = lines[urgency].mostCrowded();
    if (waiter !== undefined) return waiter;
  }
  return undefined;
}
