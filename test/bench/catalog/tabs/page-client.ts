/** Requests as a browser makes them, at little cost: kept connections, compressed answers, streams of events. */
import { Agent, get, type IncomingMessage } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';

export interface Answer {
  readonly status: number;
  readonly etag: string | undefined;
  readonly text: string;
  /** As it was sent. */
  readonly bytes: number;
}

export interface PageClient {
  ask(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** @param onEvent called with name and data. @returns what ends it. */
  stream(path: string, onEvent: (name: string, data: string) => void): () => void;
}

/** @param from Address of this machine, so that not all people seem to sit at one. */
export function createPageClient(port: number, cookie: string, from: string): PageClient {
  const agent = new Agent({ keepAlive: true, localAddress: from });
  const given = { host: '127.0.0.1', port, localAddress: from };

  function answered(path: string, headers: Readonly<Record<string, string>>): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const sent = { cookie, 'accept-encoding': 'gzip, deflate, br, zstd', ...headers };
      get({ ...given, path, agent, headers: sent }, resolve).once('error', reject);
    });
  }

  return {
    async ask(path, headers = {}) {
      const answer = await answered(path, headers);
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks);
      const { etag, 'content-encoding': encoding } = answer.headers;
      return { status: answer.statusCode ?? 0, etag, text: unpacked(body, encoding), bytes: body.length };
    },
    stream(path, onEvent) {
      let received = '';
      const outgoing = get({ ...given, path, agent: false, headers: { cookie, accept: 'text/event-stream' } });
      outgoing.on('error', (error) => onEvent('broken', String(error)));
      outgoing.on('response', (answer) => {
        if (answer.statusCode !== 200) onEvent('broken', `answered ${answer.statusCode}`);
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          const messages = (received + chunk).split('\n\n');
          received = messages.pop() ?? '';
          for (const message of messages) onEvent(fieldOf(message, 'event'), fieldOf(message, 'data'));
        });
        answer.on('error', () => undefined).on('close', () => onEvent('closed', ''));
      });
      return () => void outgoing.destroy();
    },
  };
}

function unpacked(body: Buffer, encoding: string | undefined): string {
  if (encoding === 'br') return brotliDecompressSync(body).toString();
  return (encoding === 'gzip' ? gunzipSync(body) : body).toString();
}

function fieldOf(message: string, name: string): string {
  return new RegExp(`^${name}: ?(.*)$`, 'm').exec(message)?.[1] ?? '';
}
