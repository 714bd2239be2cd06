import type { Clock } from '../clock.ts';

/** Bounded memory whose entries end by themselves; the oldest goes when it is full. */
export interface ExpiringMap<Value> {
  readonly get: (key: string) => Value | undefined;
  readonly set: (key: string, value: Value) => void;
  readonly removeWhere: (matches: (value: Value) => boolean) => void;
  readonly size: () => number;
}

export interface ExpiringMapOptions {
  readonly lifetimeMs: number;
  readonly most: number;
  readonly clock: Clock;
}

export function createExpiringMap<Value>({ lifetimeMs, most, clock }: ExpiringMapOptions): ExpiringMap<Value> {
  const entries = new Map<string, { readonly at: number; readonly value: Value }>();
  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      if (clock() - entry.at < lifetimeMs) return entry.value;
      entries.delete(key);
      return undefined;
    },
    set(key, value) {
      entries.delete(key);
      const oldest = entries.keys().next();
      if (entries.size >= most && !oldest.done) entries.delete(oldest.value);
      entries.set(key, { at: clock(), value });
    },
    removeWhere(matches) {
      for (const [key, { value }] of entries) if (matches(value)) entries.delete(key);
    },
    size: () => entries.size,
  };
}
