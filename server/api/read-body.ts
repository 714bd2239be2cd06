import type { IncomingMessage } from 'node:http';

/** As Express marks what the client caused. */
export function clientError(status: number, message: string): Error {
  return Object.assign(new Error(message), { status });
}

/**
 * The JSON of a request. Called once its sender is known, so nobody else makes us hold anything.
 *
 * @throws with the status 413, 415 or 400.
 */
export async function readJson(request: IncomingMessage, mostBytes: number): Promise<unknown> {
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type)) throw clientError(415, 'Send the body as application/json.');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBytes) throw clientError(413, 'The body is too large.');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw clientError(400, 'The body is no JSON.');
  }
}
