/**
 * At most `most` holders at once; the others wait their turn, for `waitMs` at the longest.
 *
 * @returns `take`, which resolves to a function that gives the slot back, or to `undefined` when the wait was too long.
 */
export function createSlots(most: number) {
  let free = most;
  const waiting = new Set<() => void>();

  function giveBack(): void {
    free += 1;
    const [next] = waiting;
    if (next !== undefined) next();
  }

  function hold(): () => void {
    free -= 1;
    let held = true;
    return () => {
      if (held) giveBack();
      held = false;
    };
  }

  return {
    take(waitMs: number): Promise<(() => void) | undefined> {
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
