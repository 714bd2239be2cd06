import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';
import type { OriginOf } from './client-address.ts';

type Middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;

const YEAR_SECONDS = 31_536_000;

const DIRECTIVES = {
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'"],
  'img-src': ["'self'", 'data:'],
  'font-src': ["'self'"],
  'connect-src': ["'self'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'none'"],
  'base-uri': ["'none'"],
  'require-trusted-types-for': ["'script'"],
  'trusted-types': ['registry-web'],
};

function headersFor({ secure, trustworthy }: { secure: boolean; trustworthy: boolean }): Middleware {
  return helmet({
    contentSecurityPolicy: { useDefaults: false, directives: DIRECTIVES },
    // Browsers ignore these two on plain HTTP off localhost, and log an error about it on every page.
    crossOriginOpenerPolicy: trustworthy ? { policy: 'same-origin' } : false,
    originAgentCluster: trustworthy,
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'same-origin' },
    // Over plain HTTP it would do nothing now and lock people out later.
    strictTransportSecurity: secure ? { maxAge: YEAR_SECONDS, includeSubDomains: true } : false,
    xFrameOptions: { action: 'deny' },
  }) as Middleware;
}

/** Browsers treat https and localhost as secure, and everything else not. */
function isLocalName(host: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i.test(host) || /\.localhost(:\d+)?$/i.test(host);
}

export function securityHeaders(originOf: OriginOf): Middleware {
  const https = headersFor({ secure: true, trustworthy: true });
  const local = headersFor({ secure: false, trustworthy: true });
  const plain = headersFor({ secure: false, trustworthy: false });
  return (request, response, next) => {
    const { secure, host } = originOf(request);
    const chosen = secure ? https : isLocalName(host) ? local : plain;
    chosen(request, response, next);
  };
}
