import http from 'node:http';
import https from 'node:https';
import { rootCertificates } from 'node:tls';
import fetch, { type Headers, type Response } from 'node-fetch';
import type { Clock } from '../../clock.ts';
import { AppError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { createCircuit } from './circuit.ts';
import { networkFailure, upstream } from './failure.ts';
import { createSlots } from './slots.ts';

export interface Outgoing {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Below the registry's base URL, with its query: `/v2/team/app/tags/list?n=100`. */
  readonly path: string;
  readonly accept?: string;
  readonly authorization?: string | undefined;
  readonly contentType?: string;
  readonly body?: Buffer;
  /** A longer answer is an error. */
  readonly limitBytes: number;
  /** `work`: the registry may have to walk its storage before it answers. */
  readonly patience?: 'read' | 'work';
  /** Blobs may live elsewhere (S3): follow a redirect to another origin, without credentials. */
  readonly followAbroad?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

export interface Deadlines {
  /** From the call to the headers of the answer, the connection included. */
  readonly headersMs: number;
  /** From the headers to the end of the body. */
  readonly bodyMs: number;
}

export interface TransportOptions {
  /** Without `/v2` and trailing slash. */
  readonly baseUrl: string;
  /** PEM text. */
  readonly ca?: string | undefined;
  readonly trustAnySsl?: boolean;
  readonly userAgent: string;
  readonly log: Logger;
  readonly clock: Clock;
  readonly deadlines?: Readonly<Record<'read' | 'work', Deadlines>>;
}

// What a crawl may use at most, and beside it what people wait for.
const MAX_CONCURRENT = 48;
const MAX_REDIRECTS = 3;
const DEADLINES: Readonly<Record<'read' | 'work', Deadlines>> = {
  read: { headersMs: 5000, bodyMs: 10_000 },
  // A catalog on S3 or a deletion among many tags takes the registry longer than any page would wait.
  work: { headersMs: 60_000, bodyMs: 15_000 },
};
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/** Requests to one registry: shared connections, deadlines, limits; no credentials leave its origin. */
export function createTransport(options: TransportOptions) {
  const { baseUrl, log, clock, deadlines = DEADLINES } = options;
  const { origin } = new URL(baseUrl);
  const agents = createAgents(options);
  const slots = createSlots(MAX_CONCURRENT);
  const circuit = createCircuit({ log, clock });

  async function once(url: URL, outgoing: Outgoing, hops: number): Promise<Answer> {
    const atHome = url.origin === origin;
    const deadline = startDeadline(deadlines[outgoing.patience ?? 'read'], url.origin);
    try {
      const response = await fetch(url, {
        method: outgoing.method,
        headers: headersFor(outgoing, options.userAgent, atHome),
        ...(outgoing.body === undefined ? {} : { body: outgoing.body }),
        redirect: 'manual',
        // Never asked for, so never unpacked: nothing can grow on the way in.
        compress: false,
        agent: agents.pick(url, atHome),
        signal: deadline.signal as never,
      });
      deadline.headersCame();
      if (REDIRECTS.includes(response.status)) return await followed(response, url, outgoing, hops, deadline);
      return await readAnswer(response, outgoing, url.origin, deadline.cancel);
    } catch (error) {
      throw deadline.failure() ?? networkFailure(error, url.origin);
    } finally {
      deadline.end();
    }
  }

  function followed(response: Response, from: URL, outgoing: Outgoing, hops: number, deadline: Deadline) {
    const target = redirectTarget(response, from);
    deadline.cancel();
    const stays = target?.origin === origin;
    const mayGo = outgoing.method === 'GET' || outgoing.method === 'HEAD';
    const downgrade = from.protocol === 'https:' && target?.protocol !== 'https:';
    if (target === undefined || !mayGo || hops >= MAX_REDIRECTS || !(stays || outgoing.followAbroad) || downgrade) {
      throw redirectFailure(from.origin, target?.origin);
    }
    return once(target, outgoing, hops + 1);
  }

  async function withRetry(url: URL, outgoing: Outgoing): Promise<Answer> {
    try {
      return await once(url, outgoing, 0);
    } catch (error) {
      // An idle connection the registry closed just as we wrote: that says nothing about the registry.
      const idempotent = outgoing.method === 'GET' || outgoing.method === 'HEAD';
      if (!idempotent || !isStaleConnection(error)) throw error;
      return once(url, outgoing, 0);
    }
  }

  return {
    origin,
    /** @throws {AppError} UPSTREAM with a sentence that names the address and what to do. */
    async send(outgoing: Outgoing): Promise<Answer> {
      circuit.enter();
      const release = await slots.take(deadlines.read.headersMs);
      if (release === undefined) throw busy(origin);
      try {
        const answer = await withRetry(new URL(baseUrl + outgoing.path), outgoing);
        circuit.succeeded();
        return answer;
      } catch (error) {
        const failure = networkFailure(error, origin);
        if (isOutage(failure)) circuit.failed(failure);
        throw failure;
      } finally {
        release();
      }
    },
    close(): void {
      agents.close();
    },
  };
}

export type Transport = ReturnType<typeof createTransport>;

function createAgents({ ca, trustAnySsl }: TransportOptions) {
  const shared = { keepAlive: true, maxSockets: MAX_CONCURRENT, maxFreeSockets: MAX_CONCURRENT };
  const trust = ca === undefined ? {} : { ca: [...rootCertificates, ca] };
  const plain = new http.Agent(shared);
  const home = new https.Agent({ ...shared, ...trust, rejectUnauthorized: trustAnySsl !== true });
  const abroad = new https.Agent({ ...shared, ...trust });
  return {
    pick: (url: URL, atHome: boolean) => (url.protocol === 'http:' ? plain : atHome ? home : abroad),
    close: () => {
      for (const agent of [plain, home, abroad]) agent.destroy();
    },
  };
}

function headersFor(outgoing: Outgoing, userAgent: string, atHome: boolean): Record<string, string> {
  const headers: Record<string, string> = { 'user-agent': userAgent, accept: outgoing.accept ?? 'application/json' };
  if (outgoing.contentType !== undefined) headers['content-type'] = outgoing.contentType;
  if (atHome && outgoing.authorization !== undefined) headers.authorization = outgoing.authorization;
  return headers;
}

function startDeadline({ headersMs, bodyMs }: Deadlines, address: string) {
  const controller = new AbortController();
  let late: AppError | undefined;
  const expire = (ms: number) => () => {
    late = upstream(
      'registrySlow',
      `${address} did not answer within ${ms / 1000} s: look at the registry and its storage`,
      {
        address,
        seconds: ms / 1000,
      },
    );
    controller.abort();
  };
  let timer = setTimeout(expire(headersMs), headersMs);
  return {
    signal: controller.signal,
    headersCame(): void {
      clearTimeout(timer);
      timer = setTimeout(expire(headersMs + bodyMs), bodyMs);
    },
    /** Ends the connection: the rest of the answer is not wanted. */
    cancel(): void {
      clearTimeout(timer);
      controller.abort();
    },
    failure: () => late,
    end: () => clearTimeout(timer),
  };
}

type Deadline = ReturnType<typeof startDeadline>;

async function readAnswer(
  response: Response,
  outgoing: Outgoing,
  address: string,
  cancel: () => void,
): Promise<Answer> {
  const { status, headers } = response;
  if (outgoing.method === 'HEAD') return { status, headers, body: Buffer.alloc(0) };
  const encoding = headers.get('content-encoding') ?? 'identity';
  const announced = Number(headers.get('content-length') ?? 0);
  const failure =
    encoding.toLowerCase() !== 'identity'
      ? encodingFailure(address)
      : announced > outgoing.limitBytes
        ? tooLarge(address, outgoing.limitBytes)
        : undefined;
  if (failure !== undefined) {
    cancel();
    throw failure;
  }
  return { status, headers, body: await readBody(response, outgoing.limitBytes, address, cancel) };
}

async function readBody(response: Response, limitBytes: number, address: string, cancel: () => void): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    if (length > limitBytes) {
      cancel();
      throw tooLarge(address, limitBytes);
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function redirectTarget(response: Response, from: URL): URL | undefined {
  const location = response.headers.get('location') ?? '';
  if (location === '' || !URL.canParse(location, from.href)) return undefined;
  const target = new URL(location, from);
  return /^https?:$/.test(target.protocol) && target.username === '' ? target : undefined;
}

function isStaleConnection(error: unknown): boolean {
  return error instanceof AppError && /^(ECONNRESET|EPIPE)$/.test(String(error.params.code));
}

/** An answer that is too large or badly encoded is a fault of one call, not of the way to the registry. */
function isOutage(error: AppError): boolean {
  return !['registryTooLarge', 'registryEncoding', 'registryRedirect'].includes(error.key ?? '');
}

function busy(address: string): AppError {
  return upstream('registryBusy', `Too many requests are waiting for ${address}: try again in a moment`, { address });
}

function tooLarge(address: string, limitBytes: number): AppError {
  const megabytes = Math.ceil(limitBytes / 1024 / 1024);
  return upstream('registryTooLarge', `${address} sent more than the ${megabytes} MiB that such an answer may have`, {
    address,
    megabytes,
  });
}

function encodingFailure(address: string): AppError {
  return upstream(
    'registryEncoding',
    `${address} compressed an answer although we did not ask for it: turn that off in the proxy before the registry`,
    { address },
  );
}

function redirectFailure(address: string, target = '?'): AppError {
  return upstream(
    'registryRedirect',
    `${address} redirects to ${target}, which we do not follow: set registry.url to the registry's own address`,
    { address, target },
  );
}
