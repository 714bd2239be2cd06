import type { IncomingMessage } from 'node:http';

/** An error with a 4xx status, as Express and its body parsers throw it. */
export function clientError(status: number, message: string): Error {
  return Object.assign(new Error(message), { status });
}

/**
 * Reads a JSON body. To be called after authentication, so that strangers cannot fill the memory.
 * @throws an error with the status 413, 415 or 400.
 */
export async function readJson(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type)) throw clientError(415, 'Send the body as application/json.');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw clientError(413, 'The body is too large.');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw clientError(400, 'The body is no JSON.');
  }
}
