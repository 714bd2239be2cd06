/**
 * At most `maxHolders` at once; others wait in order of arrival, at most `waitMs`.
 * @returns `acquire`, which resolves to a function that releases, or to `undefined` when the wait was too long.
 */
export function createSemaphore(maxHolders: number) {
  let free = maxHolders;
  const waiting = new Set<() => void>();

  function release(): void {
    free += 1;
    const [next] = waiting;
    if (next !== undefined) next();
  }

  function hold(): () => void {
    free -= 1;
    let held = true;
    return () => {
      if (held) release();
      held = false;
    };
  }

  return {
    acquire(waitMs: number): Promise<(() => void) | undefined> {
      if (free > 0) return Promise.resolve(hold());
      return new Promise((resolve) => {
        const timer = setTimeout(() => {
          waiting.delete(enter);
          resolve(undefined);
        }, waitMs);
        function enter(): void {
          clearTimeout(timer);
          waiting.delete(enter);
          resolve(hold());
        }
        waiting.add(enter);
      });
    },
  };
}
