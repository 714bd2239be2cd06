import type { Response } from 'express';
import type { Rights, Subject } from '../access/rights.ts';
import type { Changes } from '../catalog/changes.ts';
import type { Visibility, VisibilityStore } from '../catalog/visibility.ts';
import { AppError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { PageModule } from './routes.ts';

export interface LiveDeps {
  readonly changes: Pick<Changes, 'subscribe'>;
  readonly visibility: VisibilityStore;
  /** Rights as they are at this moment: what was taken away is not told any more. */
  readonly rightsOf: (subject: Subject) => Promise<Rights>;
  readonly visibleNames: (visibility: Visibility, names: readonly string[]) => Promise<readonly string[]>;
  readonly log: Logger;
  /** For tests. */
  readonly gatherMs?: number;
  readonly lifetimeMs?: number;
}

interface Stream {
  readonly response: Response;
  readonly rights: () => Promise<Rights>;
  readonly address: string;
}

/** A push makes several changes at once; together they are one message. */
const GATHER_MS = 60;
const HEARTBEAT_MS = 20_000;
/** Then the browser asks again, and is let in again or not. */
const LIFETIME_MS = 5 * 60_000;
const RETRY_MS = 1000;
const MOST_STREAMS = 1000;
const MOST_PER_ADDRESS = 100;
/** More names than that: everything changed. */
const MOST_NAMES = 50;

/** One event stream per open page: which repositories changed, of those that its viewer may pull now. */
export function createLive(deps: LiveDeps) {
  const { gatherMs = GATHER_MS, lifetimeMs = LIFETIME_MS, log } = deps;
  const streams = new Set<Stream>();
  const gathered = new Set<string>();
  let timer: NodeJS.Timeout | undefined;

  deps.changes.subscribe((repository) => {
    if (streams.size === 0) return;
    gathered.add(repository);
    timer ??= setTimeout(flush, gatherMs);
  });

  function flush(): void {
    timer = undefined;
    const names = [...gathered];
    gathered.clear();
    // Many streams see alike: each view of the registry is asked for once.
    const known = new Map<number, Promise<readonly string[]>>();
    const visibleTo = (seen: Visibility) => {
      const visible = known.get(seen.id) ?? deps.visibleNames(seen, names);
      known.set(seen.id, visible);
      return visible;
    };
    for (const stream of streams) {
      tell(stream, visibleTo).catch((error: unknown) => {
        log.warn({ error }, 'live update not sent');
        stream.response.end();
      });
    }
  }

  async function tell(stream: Stream, visibleTo: (seen: Visibility) => Promise<readonly string[]>): Promise<void> {
    const seen = await deps.visibility.of(await stream.rights(), stream.address);
    const visible = await visibleTo(seen);
    if (visible.length === 0) return;
    const data = visible.length > MOST_NAMES ? [] : visible;
    stream.response.write(`event: changed\ndata: ${JSON.stringify(data)}\n\n`);
  }

  function open(stream: Stream): void {
    const { response } = stream;
    response.status(200).set({
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      // nginx would hold the messages back.
      'X-Accel-Buffering': 'no',
    });
    response.write(`retry: ${RETRY_MS}\n\n`);
    streams.add(stream);
    const heartbeat = setInterval(() => response.write(':\n\n'), HEARTBEAT_MS).unref();
    const end = setTimeout(() => response.end(), lifetimeMs).unref();
    response.on('close', () => {
      clearInterval(heartbeat);
      clearTimeout(end);
      streams.delete(stream);
    });
  }

  const pages: PageModule = (routes) => {
    routes.get('/live', 'browse', (page, _request, response) => {
      const { address } = page.origin;
      const same = [...streams].filter((stream) => stream.address === address).length;
      if (streams.size >= MOST_STREAMS || same >= MOST_PER_ADDRESS) {
        throw new AppError('UNAVAILABLE', 'Too many pages are open. This one does not update by itself.');
      }
      const { subject, rights } = page.viewer;
      open({ response, address, rights: page.authEnabled ? () => deps.rightsOf(subject) : async () => rights });
    });
  };

  return {
    pages,
    /** The process stops: a stream would hold its connection for minutes. */
    endAll(): void {
      clearTimeout(timer);
      for (const { response } of streams) response.end();
    },
  };
}
export type Live = ReturnType<typeof createLive>;
