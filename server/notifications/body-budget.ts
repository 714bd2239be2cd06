import { machineOf } from '../http/client-address.ts';

export interface BodyBudgetOptions {
  readonly maxBytes?: number;
  readonly maxBytesPerAddress?: number;
}

// The largest envelope has 8 MB: a busy registry sends two at once, and several registries fit.
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_BYTES_PER_ADDRESS = 24 * 1024 * 1024;

/** What one request holds of the budget. */
export interface BodyShare {
  /** @returns false: no more is to be held, the sender has to come again. */
  readonly take: (bytes: number) => boolean;
  readonly release: () => void;
}

/** Bytes of bodies that are in memory, from their arrival until they are stored: of all senders together, and of each. */
export function createBodyBudget(options: BodyBudgetOptions = {}) {
  const { maxBytes = MAX_BYTES, maxBytesPerAddress = MAX_BYTES_PER_ADDRESS } = options;
  const held = new Map<string, number>();
  let heldBytes = 0;

  function add(source: string, bytes: number): void {
    heldBytes += bytes;
    const left = (held.get(source) ?? 0) + bytes;
    if (left === 0) held.delete(source);
    else held.set(source, left);
  }

  return {
    heldBytes: () => heldBytes,
    share(address: string): BodyShare {
      const source = machineOf(address);
      let own = 0;
      return {
        take(bytes) {
          const ofSource = held.get(source) ?? 0;
          if (heldBytes + bytes > maxBytes || ofSource + bytes > maxBytesPerAddress) return false;
          own += bytes;
          add(source, bytes);
          return true;
        },
        release() {
          add(source, -own);
          own = 0;
        },
      };
    },
  };
}
export type BodyBudget = ReturnType<typeof createBodyBudget>;
