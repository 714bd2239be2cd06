import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** As it came over the wire. */
  readonly body: Buffer;
}

/**
 * One request on a connection of its own: one that was kept may have been closed by the server while this process was busy
 * with something else.
 */
export async function ask(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  posted?: string,
): Promise<Answer> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const method = posted === undefined ? 'GET' : 'POST';
    request(url, { method, headers, agent: false }, resolve).once('error', reject).end(posted);
  });
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) };
}
