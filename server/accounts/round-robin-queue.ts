/** Networks take turns, and the lanes of one network take turns. */
export interface Place {
  readonly network: string;
  readonly lane: string;
}

/** A queue that serves networks in turn, within a network its lanes in turn, and within a lane in order of arrival. */
export function createRoundRobinQueue<Waiter extends Place>() {
  const networks = new Map<string, Map<string, Waiter[]>>();
  let size = 0;

  function remove(waiter: Waiter): boolean {
    const lanes = networks.get(waiter.network);
    const waiters = lanes?.get(waiter.lane);
    const at = waiters?.indexOf(waiter) ?? -1;
    if (lanes === undefined || waiters === undefined || at < 0) return false;
    waiters.splice(at, 1);
    if (waiters.length === 0) lanes.delete(waiter.lane);
    if (lanes.size === 0) networks.delete(waiter.network);
    size -= 1;
    return true;
  }

  return {
    size: () => size,
    add(waiter: Waiter): void {
      const lanes = networks.get(waiter.network) ?? new Map<string, Waiter[]>();
      const waiters = lanes.get(waiter.lane) ?? [];
      waiters.push(waiter);
      lanes.set(waiter.lane, waiters);
      networks.set(waiter.network, lanes);
      size += 1;
    },
    remove,
    /** Removes and returns the next waiter; its lane and network move to the end. */
    next(): Waiter | undefined {
      const [network, lanes] = firstOf(networks);
      const [lane, waiters] = firstOf(lanes);
      const waiter = waiters?.[0];
      if (waiter === undefined || lanes === undefined || waiters === undefined) return undefined;
      remove(waiter);
      moveToEnd(lanes, lane, waiters);
      moveToEnd(networks, network, lanes);
      return waiter;
    },
    /** The newest waiter of the longest lane of the network with most waiting; among equals the last one. */
    mostCrowded(): Waiter | undefined {
      const lanes = largest(networks.values(), waitersIn);
      return lanes && largest(lanes.values(), (waiters) => waiters.length)?.at(-1);
    },
  };
}
export type RoundRobinQueue<Waiter extends Place> = ReturnType<typeof createRoundRobinQueue<Waiter>>;

function firstOf<Value>(map: ReadonlyMap<string, Value> | undefined): [string, Value | undefined] {
  for (const [key, value] of map ?? []) return [key, value];
  return ['', undefined];
}

function moveToEnd<Value>(map: Map<string, Value>, key: string, value: Value): void {
  if (map.delete(key)) map.set(key, value);
}

function waitersIn(lanes: ReadonlyMap<string, readonly unknown[]>): number {
  let sum = 0;
  for (const waiters of lanes.values()) sum += waiters.length;
  return sum;
}

function largest<Value>(values: Iterable<Value>, sizeOf: (value: Value) => number): Value | undefined {
  let found: Value | undefined;
  for (const value of values) if (found === undefined || sizeOf(value) >= sizeOf(found)) found = value;
  return found;
}
