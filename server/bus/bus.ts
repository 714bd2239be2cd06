import type { Logger } from '../log.ts';
import type { Message, MessageKind, MessageOf } from './message.ts';

type Listener = (message: Message) => void;

/** What happened, told to whoever subscribed to it: parts that must not import each other meet here. */
export function createBus(log: Pick<Logger, 'error'>) {
  const listeners = new Map<MessageKind, Set<Listener>>();

  function listenersOf(kind: MessageKind): Set<Listener> {
    const known = listeners.get(kind) ?? new Set();
    listeners.set(kind, known);
    return known;
  }

  return {
    /** Every listener was called when this returns, in the order in which they subscribed. Never throws. */
    tell(message: Message): void {
      for (const listener of listenersOf(message.kind)) {
        try {
          listener(message);
        } catch (error) {
          log.error({ kind: message.kind, error }, 'a listener of the bus failed');
        }
      }
    },
    /** @returns what ends it. */
    subscribe<K extends MessageKind>(kinds: K | readonly K[], listener: (message: MessageOf<K>) => void): () => void {
      // One of its own for each call, so that the same function may be subscribed twice and each is ended alone.
      const own: Listener = (message) => listener(message as MessageOf<K>);
      const sets = (typeof kinds === 'string' ? [kinds] : kinds).map(listenersOf);
      for (const set of sets) set.add(own);
      return () => {
        for (const set of sets) set.delete(own);
      };
    },
  };
}
export type Bus = ReturnType<typeof createBus>;
