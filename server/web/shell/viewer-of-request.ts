import type { Request } from 'express';
import type { Access } from '../../access/engine.ts';
import { ANONYMOUS, type Rights, type Subject } from '../../access/rights.ts';
import { compileRule } from '../../access/rule.ts';
import type { UserStore } from '../../access/users.ts';
import { endSession } from './session.ts';
import type { Viewer } from './viewer.ts';

export interface ViewerDeps {
  readonly access: Pick<Access, 'identify' | 'rightsOf'>;
  readonly users: Pick<UserStore, 'get'>;
  readonly authEnabled: boolean;
}

function noRights(subject: Subject): Rights {
  return { subject, isAdmin: false, isAuditor: false, rules: [] };
}

/** For `auth.enabled: false`: everything can be read, there are no users; `registry.readonly` decides about deleting. */
function openRights(): Rights {
  const everything = { repository: '**', address: '*', canPull: true, canPush: true, canDelete: true };
  return { subject: ANONYMOUS, isAdmin: false, isAuditor: true, rules: [compileRule(everything, '')] };
}

/** Reads the viewer from the database at every request: disabling an account or a new password takes effect at once. */
export function createViewerOf({ access, users, authEnabled }: ViewerDeps): (request: Request) => Promise<Viewer> {
  const open: Viewer | undefined = authEnabled
    ? undefined
    : { subject: ANONYMOUS, rights: openRights(), user: undefined, isSignedIn: false, mustChangePassword: false };
  const seen = new WeakMap<Request, Promise<Viewer>>();

  async function anonymous(): Promise<Viewer> {
    const rights = await access.rightsOf(ANONYMOUS);
    return { subject: ANONYMOUS, rights, user: undefined, isSignedIn: false, mustChangePassword: false };
  }

  async function resolve(request: Request): Promise<Viewer> {
    const { userId, username, passwordVersion } = request.session ?? {};
    if (userId === undefined || username === undefined) return anonymous();
    const identity = await access.identify(username);
    const isCurrent = identity?.enabled === true && identity.subject.id === userId;
    const user = isCurrent && identity.passwordVersion === passwordVersion ? await users.get(userId) : undefined;
    if (identity === undefined || user === undefined) {
      await endSession(request);
      return anonymous();
    }
    const { subject, mustChangePassword, accessVersion } = identity;
    const rights = mustChangePassword ? noRights(subject) : await access.rightsOf(subject, accessVersion);
    return { subject, rights, user, isSignedIn: true, mustChangePassword };
  }

  return (request) => {
    if (open !== undefined) return Promise.resolve(open);
    const known = seen.get(request) ?? resolve(request);
    seen.set(request, known);
    return known;
  };
}
