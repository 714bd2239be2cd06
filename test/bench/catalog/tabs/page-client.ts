/** Requests as a browser makes them, at the least cost: kept connections, answers neither unpacked nor parsed. */
import { Agent, get, type IncomingMessage } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly encoding: string;
  readonly etag: string | undefined;
  readonly body: Buffer;
}

export interface PageClient {
  ask(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** @returns ends it. @param onEvent called with name and data. */
  stream(path: string, onEvent: (name: string, data: string) => void): () => void;
}

/** @param from Address of this machine, so that not all people seem to sit at one. */
export function createPageClient(port: number, cookie: string, from: string): PageClient {
  const agent = new Agent({ keepAlive: true, localAddress: from });
  const given = { host: '127.0.0.1', port, localAddress: from };
  const open = (path: string, headers: object, kept: Agent | false) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      get({ ...given, path, agent: kept, headers: { cookie, ...headers } }, resolve).once('error', reject);
    });
  return {
    async ask(path, headers = {}) {
      const answer = await open(path, { 'accept-encoding': 'gzip, deflate, br, zstd', ...headers }, agent);
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk as Buffer);
      const { etag, 'content-encoding': encoding = '' } = answer.headers;
      return { status: answer.statusCode ?? 0, encoding, etag, body: Buffer.concat(chunks) };
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

function fieldOf(message: string, name: string): string {
  return new RegExp(`^${name}: ?(.*)$`, 'm').exec(message)?.[1] ?? '';
}
