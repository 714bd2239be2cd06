import { createRoundRobinQueue, type Place, type RoundRobinQueue } from './round-robin-queue.ts';

/** `first`: the password was correct lately. `slow`: after too many wrong passwords; these never occupy all workers. */
export type Urgency = 'first' | 'normal' | 'slow';

export interface QueuePlace extends Place {
  readonly urgency: Urgency;
}

export interface FairQueueOptions {
  readonly maxRunning: number;
  readonly maxSlowRunning: number;
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
  /** The error for a task that waited too long, or was removed because too many wait. */
  readonly refusal: () => Error;
}

interface Waiter extends QueuePlace {
  readonly start: () => void;
  readonly giveUp: () => void;
}

const LEAST_URGENT_FIRST = ['slow', 'normal', 'first'] as const;
// Every fourth task is a slow one, so that slow ones are not starved by the others.
const SLOW_EVERY = 4;

/**
 * Runs a limited number of tasks at a time. Waiting tasks are served round robin by network and lane, so that many from
 * one network delay only each other.
 */
export function createFairQueue({ maxRunning, maxSlowRunning, maxWaiting, maxWaitMs, refusal }: FairQueueOptions) {
  const lines: Readonly<Record<Urgency, RoundRobinQueue<Waiter>>> = {
    first: createRoundRobinQueue(),
    normal: createRoundRobinQueue(),
    slow: createRoundRobinQueue(),
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

/** The task to remove when too many wait: the least urgent, from the network with most waiting, the newest. */
function mostCrowded(lines: Readonly<Record<Urgency, RoundRobinQueue<Waiter>>>): Waiter | undefined {
  for (const urgency of LEAST_URGENT_FIRST) {
    const waiter = lines[urgency].mostCrowded();
    if (waiter !== undefined) return waiter;
  }
  return undefined;
}
