import { AppError, type ErrorCode, errorText } from '../errors.ts';

/** What one thread lets the other ask: arguments and answers are plain data (structured clone). */
// biome-ignore lint/suspicious/noExplicitAny: arguments of any kind; each call is checked against its own type.
export type Calls = Readonly<Record<string, (...given: any[]) => unknown>>;

export type Remote<Other extends Calls> = {
  readonly [Name in keyof Other]: (...given: Parameters<Other[Name]>) => Promise<Awaited<ReturnType<Other[Name]>>>;
};

/** `MessagePort`, `parentPort` and `Worker` alike. */
export interface Port {
  readonly postMessage: (message: unknown) => void;
  readonly on: (event: 'message', listener: (message: Message) => void) => unknown;
  readonly off: (event: 'message', listener: (message: Message) => void) => unknown;
}

/** An error loses its class on the way; ours are made anew from what they say. */
interface Failure {
  readonly code: ErrorCode | undefined;
  readonly name: string;
  readonly message: string;
  readonly words: { readonly key?: string; readonly params?: AppError['params']; readonly retryAfterSeconds?: number };
}

export type Message =
  | { readonly kind: 'call'; readonly id: number; readonly name: string; readonly given: readonly unknown[] }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly failure: Failure };

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export interface Link<Other extends Calls> {
  readonly remote: Remote<Other>;
  /** For what needs no answer. */
  readonly tell: <Name extends keyof Other & string>(name: Name, ...given: Parameters<Other[Name]>) => void;
  /** Nothing is heard any more, and who waits for an answer is told why none comes. */
  readonly close: (reason: AppError) => void;
}

/** No answer is wanted. */
const UNASKED = 0;

/**
 * Calls between two threads, typed on both sides.
 *
 * @param own What the other side may call here. What a call throws that needs no answer goes to `onError`.
 */
export function createLink<Other extends Calls>(
  port: Port,
  own: Calls,
  onError: (error: unknown) => void,
): Link<Other> {
  const waiting = new Map<number, Waiting>();
  let lastId = UNASKED;
  let closed: AppError | undefined;

  function send(message: Message): void {
    if (closed === undefined) port.postMessage(message);
  }

  async function answer({ id, name, given }: Extract<Message, { kind: 'call' }>): Promise<void> {
    try {
      const asked = own[name];
      if (asked === undefined) throw new Error(`This thread does not know ${name}`);
      const value = await asked(...given);
      if (id !== UNASKED) send({ kind: 'answer', id, value });
    } catch (error) {
      if (id === UNASKED) onError(error);
      else send({ kind: 'failure', id, failure: failureOf(error) });
    }
  }

  function hear(message: Message): void {
    if (message.kind === 'call') return void answer(message);
    const asked = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.kind === 'answer') asked?.resolve(message.value);
    else asked?.reject(errorOf(message.failure));
  }

  function call(name: string, given: readonly unknown[]): Promise<unknown> {
    if (closed !== undefined) return Promise.reject(closed);
    lastId += 1;
    const id = lastId;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      send({ kind: 'call', id, name, given });
    });
  }

  port.on('message', hear);
  return {
    remote: createRemote(call) as Remote<Other>,
    tell: (name, ...given) => send({ kind: 'call', id: UNASKED, name, given }),
    close(reason) {
      closed = reason;
      port.off('message', hear);
      for (const { reject } of waiting.values()) reject(reason);
      waiting.clear();
    },
  };
}

/** Whatever it is asked by name becomes a call. */
export function createRemote(call: (name: string, given: readonly unknown[]) => Promise<unknown>): object {
  return new Proxy(
    {},
    // Looked at as if it were a promise wherever it is awaited.
    {
      get: (_, name) =>
        typeof name === 'string' && name !== 'then' ? (...given: unknown[]) => call(name, given) : undefined,
    },
  );
}

function failureOf(error: unknown): Failure {
  const name = error instanceof Error ? error.name : 'Error';
  if (!(error instanceof AppError)) return { code: undefined, name, message: errorText(error), words: {} };
  const { code, message, key, params, retryAfterSeconds } = error;
  const words = {
    params,
    ...(key !== undefined && { key }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  };
  return { code, name, message, words };
}

function errorOf({ code, name, message, words }: Failure): Error {
  return code === undefined ? Object.assign(new Error(message), { name }) : new AppError(code, message, words);
}
