import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendErrorResponse } from './responses.ts';
import type { Signer } from './signer.ts';

type PlainHandler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Handlers by path, for what an operator configures the registry with: CA certificate and JWK set. Public keys only.
 */
export function publicKeyRoutes(signer: Pick<Signer, 'caPem' | 'jwks'>): ReadonlyMap<string, PlainHandler> {
  return new Map<string, PlainHandler>([
    ['/api/auth/ca.pem', file('application/x-pem-file', signer.caPem)],
    ['/api/auth/jwks.json', file('application/json', () => JSON.stringify(signer.jwks()))],
  ]);
}

function file(mediaType: string, content: () => string | undefined): PlainHandler {
  return (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return sendErrorResponse(response, { status: 405, code: 'UNSUPPORTED', message: 'Use GET' }, false);
    }
    const text = content();
    if (text === undefined) {
      const message = 'The signing key has no certificate here; give the registry the one that was made with it.';
      return sendErrorResponse(response, { status: 404, code: 'NOT_FOUND', message }, false);
    }
    response.writeHead(200, {
      'content-type': mediaType,
      'content-length': Buffer.byteLength(text),
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
    });
    response.end(request.method === 'HEAD' ? undefined : text);
  };
}
