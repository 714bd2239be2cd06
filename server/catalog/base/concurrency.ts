/** Asynchronous locks by key. Several keys are locked in sorted order, which prevents deadlocks. */
export function createLocks() {
  const last = new Map<string, Promise<void>>();

  async function hold<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = last.get(key);
    let open = (): void => undefined;
    const mine = new Promise<void>((resolve) => {
      open = resolve;
    });
    last.set(key, mine);
    try {
      await before;
      return await work();
    } finally {
      if (last.get(key) === mine) last.delete(key);
      open();
    }
  }

  return function holdAll<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    const [first, ...rest] = [...new Set(keys)].sort();
    return first === undefined ? work() : hold(first, () => holdAll(rest, work));
  };
}
export type Locks = ReturnType<typeof createLocks>;

/** Works through a stream of items, `most` at a time, which may change meanwhile; stops at the first failure. */
export async function forEachBounded<T>(
  items: AsyncIterable<T> | Iterable<T>,
  most: number | (() => number),
  work: (item: T) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  const limit = typeof most === 'number' ? () => most : most;
  let failure: { readonly error: unknown } | undefined;
  for await (const item of items) {
    if (failure !== undefined) break;
    const task: Promise<void> = work(item)
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .finally(() => running.delete(task));
    running.add(task);
    while (running.size >= limit()) await Promise.race(running);
  }
  await Promise.all(running);
  if (failure !== undefined) throw failure.error;
}
