import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { hostName, isLoopback, isLoopbackName } from '../host-name.ts';
import { canonicalAddress } from './client-address.ts';

/** A name that a page of the internet can make lead to this machine: it has a dot, and it is no address. */
function isPublicName(name: string): boolean {
  return name.includes('.') && isIP(name) === 0 && !isLoopbackName(name);
}

/**
 * Keeps web pages of other sites out whose name was made to lead to this machine (DNS rebinding): for the browser such a
 * page and we are one site. Only callers from this machine are asked: elsewhere people reach us by any name.
 * @param names Host names that are ours, without ports.
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

// Everything that proxies add. A proxy on this machine makes strangers look as if they came from here.
const FORWARDED = /^(forwarded|via|x-real-ip|x-forwarded-.*)$/;

/** Somebody who sits at this machine: from here, to a name of here, through nobody in between. */
export function isAtThisMachine(request: IncomingMessage): boolean {
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
