import type { Logger } from '../log.ts';
import type { Message, MessageKind, MessageOf } from './message.ts';

type Listener = (message: Message) => void;

/** Publish and subscribe inside the process: parts that must not import each other communicate here. */
export function createBus(log: Pick<Logger, 'error'>) {
  const listeners = new Map<MessageKind, Set<Listener>>();

  function listenersOf(kind: MessageKind): Set<Listener> {
    const known = listeners.get(kind) ?? new Set();
    listeners.set(kind, known);
    return known;
  }

  return {
    /** Calls every listener synchronously, in the order of subscription. Never throws: a failing listener is logged. */
    publish(message: Message): void {
      for (const listener of listenersOf(message.kind)) {
        try {
          listener(message);
        } catch (error) {
          log.error({ kind: message.kind, error }, 'a listener of the bus failed');
        }
      }
    },
    /** @returns a function that ends this subscription. */
    subscribe<K extends MessageKind>(kinds: K | readonly K[], listener: (message: MessageOf<K>) => void): () => void {
      // A new function for each call, so that one listener can be subscribed twice and each subscription ends alone.
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
