import { machineOf } from '../http/client-address.ts';

export interface BodyBudgetOptions {
  readonly maxBytes?: number;
  readonly maxBytesPerAddress?: number;
}

// Envelopes have at most 8 MB. A busy registry sends two at once, and several registries fit.
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_BYTES_PER_ADDRESS = 24 * 1024 * 1024;

/** The bytes that one request has reserved. */
export interface BodyReservation {
  /** @returns false when the limit is reached: the sender has to retry. */
  readonly reserve: (bytes: number) => boolean;
  readonly release: () => void;
}

/** Limits the bytes of request bodies in memory, from arrival until they are stored: in total and per sender. */
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
    share(address: string): BodyReservation {
      const source = machineOf(address);
      let own = 0;
      return {
        reserve(bytes) {
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
