import { AppError, type ErrorCode, errorText } from '../errors.ts';

/** Functions that one thread offers to the other: arguments and results are plain data (structured clone). */
// biome-ignore lint/suspicious/noExplicitAny: arguments of any kind; each call is checked against its own type.
export type Calls = Readonly<Record<string, (...given: any[]) => unknown>>;

export type Remote<Other extends Calls> = {
  readonly [Name in keyof Other]: (...given: Parameters<Other[Name]>) => Promise<Awaited<ReturnType<Other[Name]>>>;
};

/** The common part of `MessagePort`, `parentPort` and `Worker`. */
export interface Port {
  readonly postMessage: (message: unknown) => void;
  readonly on: (event: 'message', listener: (message: Message) => void) => unknown;
  readonly off: (event: 'message', listener: (message: Message) => void) => unknown;
}

/** Structured cloning loses the class of an error, so an `AppError` is sent as its fields and created again. */
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
  /** Calls without waiting for a result. */
  readonly notify: <Name extends keyof Other & string>(name: Name, ...given: Parameters<Other[Name]>) => void;
  /** Stops listening; waiting calls are rejected with this reason. */
  readonly close: (reason: AppError) => void;
}

/** ID of calls without a result. */
const NO_ANSWER = 0;

/**
 * Typed remote calls between two threads, in both directions.
 * @param own Functions that the other side may call. Errors of calls without a result go to `onError`.
 */
export function createLink<Other extends Calls>(
  port: Port,
  own: Calls,
  onError: (error: unknown) => void,
): Link<Other> {
  const waiting = new Map<number, Waiting>();
  let lastId = NO_ANSWER;
  let closed: AppError | undefined;

  function send(message: Message): void {
    if (closed === undefined) port.postMessage(message);
  }

  async function answer({ id, name, given }: Extract<Message, { kind: 'call' }>): Promise<void> {
    try {
      const asked = own[name];
      if (asked === undefined) throw new Error(`This thread does not know ${name}`);
      const value = await asked(...given);
      if (id !== NO_ANSWER) send({ kind: 'answer', id, value });
    } catch (error) {
      if (id === NO_ANSWER) onError(error);
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
    notify: (name, ...given) => send({ kind: 'call', id: NO_ANSWER, name, given }),
    close(reason) {
      closed = reason;
      port.off('message', hear);
      for (const { reject } of waiting.values()) reject(reason);
      waiting.clear();
    },
  };
}

/** A proxy that turns each method call into a remote call. */
export function createRemote(call: (name: string, given: readonly unknown[]) => Promise<unknown>): object {
  return new Proxy(
    {},
    // `then` must be undefined, or awaiting the proxy would call it.
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
