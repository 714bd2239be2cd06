import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { hostName, isLoopback, isLoopbackName } from '../config/host-name.ts';
import { canonicalAddress } from './client-address.ts';

/** A DNS name that an outsider could point to this machine: it has a dot and is not an address. */
function isPublicName(name: string): boolean {
  return name.includes('.') && isIP(name) === 0 && !isLoopbackName(name);
}

/**
 * Answers 421 to requests for a foreign host name from this machine: protects against DNS rebinding, where a web page's
 * own name resolves to this machine. Requests from elsewhere are not checked, because operators may use any name there.
 * @param names Our own host names, without ports.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-15.5.20
 */
export function guardHosts(names: readonly string[], rest: RequestListener): RequestListener {
  const known = new Set(names.map(hostName));
  return (request, response) => {
    const name = hostName(request.headers.host ?? '');
    const isForeign = isPublicName(name) && !known.has(name) && isFromThisMachine(request);
    if (isForeign) return refuse(name, request, response);
    return rest(request, response);
  };
}

function isFromThisMachine(request: IncomingMessage): boolean {
  return isLoopback(canonicalAddress(request.socket.remoteAddress ?? ''));
}

// Headers that proxies add. Behind a proxy on this machine every client seems to be local.
const FORWARDED = /^(forwarded|via|x-real-ip|x-forwarded-.*)$/;

/** Whether the request comes from a person at this machine: from loopback, to a loopback name, without a proxy. */
export function isLocalRequest(request: IncomingMessage): boolean {
  if (!isFromThisMachine(request) || !isLoopbackName(hostName(request.headers.host ?? ''))) return false;
  return !Object.keys(request.headers).some((name) => FORWARDED.test(name));
}

const MAX_SHOWN_LENGTH = 100;

function refuse(name: string, request: IncomingMessage, response: ServerResponse): void {
  const shown = name.replace(/[^a-z0-9._-]/g, '?').slice(0, MAX_SHOWN_LENGTH);
  const english = `This server is not known as ${shown}. If people use that name, add it to server.hosts (SERVER_HOSTS).`;
  const chinese = `此服务器不使用名称 ${shown}。如果确有此名称，请将其添加到 server.hosts（SERVER_HOSTS）。`;
  const isApi = (request.url ?? '').includes('/api/');
  const problem = { type: 'about:blank', title: 'Misdirected Request', status: 421, detail: english };
  response.writeHead(421, {
    'Content-Type': isApi ? 'application/problem+json; charset=utf-8' : 'text/plain; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(isApi ? JSON.stringify(problem) : `${english}\n${chinese}\n`);
}
