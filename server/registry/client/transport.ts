import http from 'node:http';
import https from 'node:https';
import { rootCertificates } from 'node:tls';
import fetch, { type Headers, type Response } from 'node-fetch';
import type { Clock } from '../../clock.ts';
import { AppError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { createCircuit } from './circuit.ts';
import { networkFailure, upstream } from './failure.ts';
import { createSemaphore } from './semaphore.ts';

export interface RegistryRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Path and query below the registry's base URL: `/v2/team/app/tags/list?n=100`. */
  readonly path: string;
  readonly accept?: string;
  readonly authorization?: string | undefined;
  readonly contentType?: string;
  readonly body?: Buffer;
  /** A longer body is an error. */
  readonly limitBytes: number;
  /** `work`: a longer deadline, for requests that make the registry walk its storage. */
  readonly deadline?: 'read' | 'work';
  /** Follow a redirect to another origin, without credentials: blobs may be stored on S3. */
  readonly followCrossOrigin?: boolean;
}

export interface RegistryResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

export interface Deadlines {
  /** From the call to the response headers, including connecting. */
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

// Enough for a crawl at full pace, and for people's requests beside it.
const MAX_CONCURRENT = 48;
const MAX_REDIRECTS = 3;
const DEADLINES: Readonly<Record<'read' | 'work', Deadlines>> = {
  read: { headersMs: 5000, bodyMs: 10_000 },
  // Listing a catalog on S3, or deleting among many tags, takes longer than people would wait.
  work: { headersMs: 60_000, bodyMs: 15_000 },
};
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/**
 * HTTP requests to one registry with keep-alive, deadlines and size limits. Credentials are never sent to another
 * origin.
 */
export function createTransport(options: TransportOptions) {
  const { baseUrl, log, clock, deadlines = DEADLINES } = options;
  const { origin } = new URL(baseUrl);
  const agents = createAgents(options);
  const semaphore = createSemaphore(MAX_CONCURRENT);
  const circuit = createCircuit({ log, clock });

  async function once(url: URL, outgoing: RegistryRequest, hops: number): Promise<RegistryResponse> {
    const isSameOrigin = url.origin === origin;
    const deadline = startDeadline(deadlines[outgoing.deadline ?? 'read'], url.origin);
    try {
      const response = await fetch(url, {
        method: outgoing.method,
        headers: headersFor(outgoing, options.userAgent, isSameOrigin),
        ...(outgoing.body === undefined ? {} : { body: outgoing.body }),
        redirect: 'manual',
        // Compression is not requested and compressed responses are refused, so a body cannot grow when unpacked.
        compress: false,
        agent: agents.pick(url, isSameOrigin),
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

  function followed(response: Response, from: URL, outgoing: RegistryRequest, hops: number, deadline: Deadline) {
    const target = redirectTarget(response, from);
    deadline.cancel();
    const stays = target?.origin === origin;
    const mayGo = outgoing.method === 'GET' || outgoing.method === 'HEAD';
    const downgrade = from.protocol === 'https:' && target?.protocol !== 'https:';
    if (
      target === undefined ||
      !mayGo ||
      hops >= MAX_REDIRECTS ||
      !(stays || outgoing.followCrossOrigin) ||
      downgrade
    ) {
      throw redirectFailure(from.origin, target?.origin);
    }
    return once(target, outgoing, hops + 1);
  }

  async function withRetry(url: URL, outgoing: RegistryRequest): Promise<RegistryResponse> {
    try {
      return await once(url, outgoing, 0);
    } catch (error) {
      // The registry closed an idle connection just as we used it. That is not a failure of the registry.
      const idempotent = outgoing.method === 'GET' || outgoing.method === 'HEAD';
      if (!idempotent || !isStaleConnection(error)) throw error;
      return once(url, outgoing, 0);
    }
  }

  return {
    origin,
    /** @throws {AppError} UPSTREAM; the message names the address and what to do. */
    async send(outgoing: RegistryRequest): Promise<RegistryResponse> {
      circuit.enter();
      const release = await semaphore.acquire(deadlines.read.headersMs);
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
  const registryAgent = new https.Agent({ ...shared, ...trust, rejectUnauthorized: trustAnySsl !== true });
  const crossOrigin = new https.Agent({ ...shared, ...trust });
  return {
    pick: (url: URL, isSameOrigin: boolean) =>
      url.protocol === 'http:' ? plain : isSameOrigin ? registryAgent : crossOrigin,
    close: () => {
      for (const agent of [plain, registryAgent, crossOrigin]) agent.destroy();
    },
  };
}

function headersFor(outgoing: RegistryRequest, userAgent: string, isSameOrigin: boolean): Record<string, string> {
  const headers: Record<string, string> = { 'user-agent': userAgent, accept: outgoing.accept ?? 'application/json' };
  if (outgoing.contentType !== undefined) headers['content-type'] = outgoing.contentType;
  if (isSameOrigin && outgoing.authorization !== undefined) headers.authorization = outgoing.authorization;
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
    /** Aborts the connection: the rest of the response is not needed. */
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
  outgoing: RegistryRequest,
  address: string,
  cancel: () => void,
): Promise<RegistryResponse> {
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

/** A response that is too large, compressed or redirected concerns one request, not the registry as a whole. */
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
