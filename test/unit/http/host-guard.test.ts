import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { test } from 'node:test';
import { guardHosts, isLocalRequest } from '../../../server/http/host-guard.ts';

function requestTo(host: string, remoteAddress: string, headers: Readonly<Record<string, string>> = {}) {
  return { url: '/', headers: { host, ...headers }, socket: { remoteAddress } } as unknown as IncomingMessage;
}

/** 200 when the request was let through. */
function statusOf(request: IncomingMessage): number {
  let status = 200;
  const response = {
    writeHead: (code: number) => {
      status = code;
    },
    end: () => undefined,
  } as unknown as ServerResponse;
  guardHosts(['registry.example.com:5000', 'ui.example.com'], () => undefined)(request, response);
  return status;
}

const requests = [
  ['localhost:8090', '127.0.0.1', 200],
  ['app.localhost', '::1', 200],
  ['127.0.0.1:8090', '127.0.0.1', 200],
  ['[::1]:8090', '::ffff:127.0.0.1', 200],
  ['10.0.0.7:8090', '127.0.0.1', 200],
  ['registry-web:8080', '127.0.0.1', 200],
  ['registry.example.com', '127.0.0.1', 200],
  ['UI.example.com:8090', '127.0.0.1', 200],
  ['evil.example', '127.0.0.1', 421],
  ['evil.example:8090', '::1', 421],
  ['evil.example.', '::ffff:127.0.0.1', 421],
  ['127.0.0.1.evil.example', '127.0.0.1', 421],
  ['localhost.evil.example', '127.0.0.1', 421],
  ['[::1].evil.example', '127.0.0.1', 421],
  ['evil.example', '10.0.0.9', 200],
] as const;
for (const [host, peer, status] of requests) {
  test(`${host} from ${peer}: ${status}`, () => assert.equal(statusOf(requestTo(host, peer)), status));
}

const places = [
  ['localhost:8090', '127.0.0.1', {}, true],
  ['[::1]:8090', '::1', {}, true],
  ['ui.example.com', '127.0.0.1', {}, false],
  ['10.0.0.7', '127.0.0.1', {}, false],
  ['localhost:8090', '10.0.0.9', {}, false],
  ['localhost:8090', '127.0.0.1', { 'x-forwarded-for': '127.0.0.1' }, false],
  ['localhost:8090', '127.0.0.1', { 'x-forwarded-host': 'localhost' }, false],
  ['localhost:8090', '127.0.0.1', { forwarded: 'for=127.0.0.1' }, false],
] as const;
for (const [host, peer, headers, isHere] of places) {
  test(`${host} from ${peer} with ${JSON.stringify(headers)} is ${isHere ? '' : 'not '}somebody at this machine`, () => {
    assert.equal(isLocalRequest(requestTo(host, peer, headers)), isHere);
  });
}
