import type { Request, RequestHandler } from 'express';
import session, { type Store } from 'express-session';
import type { OriginOf } from '../../http/client-address.ts';
import { isBackground } from './background.ts';

declare module 'express-session' {
  interface SessionData {
    username: string;
    /** Epoch milliseconds at which the password was typed last. */
    confirmedAt: number;
  }
}

export interface SessionOptions {
  readonly store: Store;
  readonly secret: string;
  readonly originOf: OriginOf;
}

/** `__Host-` where the request is https; over plain HTTP, where browsers refuse that name, a plain one. */
export function sessionCookieName(secure: boolean): string {
  return secure ? '__Host-rw' : 'rw';
}

export function sessionMiddleware({ store, secret, originOf }: SessionOptions): RequestHandler {
  const make = (secure: boolean) =>
    session({
      name: sessionCookieName(secure),
      secret,
      store,
      resave: false,
      // No rows for visitors who never sign in.
      saveUninitialized: false,
      // `auto` asks the request: both middlewares share one store, and the one made last would decide for both.
      cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto', path: '/' },
    });
  const [https, plain] = [make(true), make(false)];
  return (request, response, next) => {
    const { secure } = originOf(request);
    // express-session asks the request; only our own reading of trusted proxies may answer.
    Object.defineProperty(request, 'secure', { value: secure, configurable: true });
    (secure ? https : plain)(request, response, (error?: unknown) => {
      // Not enumerable, so it is no change of the session that would have to be saved.
      if (request.session !== undefined && isBackground(request)) {
        Object.defineProperty(request.session, 'isBackground', { value: true });
      }
      next(error);
    });
  };
}

export interface SessionUser {
  readonly id: number;
  readonly username: string;
  readonly passwordVersion: number;
}

/** Replaces the session id at sign-in, against session fixation. */
export async function startSession(request: Request, user: SessionUser, address: string, at: number): Promise<void> {
  await settled((done) => request.session.regenerate(done));
  Object.assign(request.session, {
    userId: user.id,
    username: user.username,
    passwordVersion: user.passwordVersion,
    address,
    confirmedAt: at,
    userAgent: (request.headers['user-agent'] ?? '').slice(0, 300),
  });
  await settled((done) => request.session.save(done));
}

export async function endSession(request: Request): Promise<void> {
  await settled((done) => request.session.destroy(done));
}

function settled(start: (done: (error?: unknown) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => (error === undefined || error === null ? resolve() : reject(error)));
  });
}
