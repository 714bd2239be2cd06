import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

interface Answer {
  readonly status: number;
  readonly message: string;
}

const ANSWERS: Readonly<Record<string, Answer>> = {
  HPE_HEADER_OVERFLOW: { status: 431, message: 'The address or the headers are too long; send long scopes by POST' },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, message: 'The chunk extensions are too long' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, message: 'The request took too long to arrive' },
};
const MALFORMED: Answer = { status: 400, message: 'This is not a well-formed HTTP request' };

// Closing while the client still sends would reset the connection, and the answer could be lost.
const LINGER_MS = 1000;
const answered = new WeakSet<Duplex>();

/**
 * Answers a request that Node.js could not parse, which no handler sees: JSON like every other error, then closes the
 * connection.
 */
export function answerClientError(error: Error & { readonly code?: string }, socket: Duplex): void {
  if (answered.has(socket)) return;
  answered.add(socket);
  if (error.code === 'ECONNRESET' || !socket.writable || isAnswering(socket)) return void socket.destroy();
  socket.end(responseText(ANSWERS[error.code ?? ''] ?? MALFORMED));
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

/** Another answer was partly sent: ours would become part of it. */
function isAnswering(socket: Duplex & { readonly _httpMessage?: ServerResponse | null }): boolean {
  return socket._httpMessage?.headersSent === true;
}

function responseText({ status, message }: Answer): string {
  const body = JSON.stringify({ errors: [{ code: 'INVALID', message, detail: null }], details: message });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'Connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
