/** Signing in by form, confirming the password, and ending sessions. */
import type { User } from '../../access/users.ts';
import type { Audit } from '../../audit/audit.ts';
import type { FailedSignInStore } from '../../audit/failed-sign-ins.ts';
import type { CredentialChecker, CredentialResult } from '../credentials.ts';
import type { Sessions } from '../sessions.ts';
import type { Owner } from './passwords.ts';

export interface SignInDeps {
  readonly credentials: Pick<CredentialChecker, 'check'>;
  readonly sessions: Pick<Sessions, 'end' | 'endAll'>;
  readonly failedSignIns: Pick<FailedSignInStore, 'record'>;
  readonly audit: Pick<Audit, 'record'>;
}

export interface TypedCredentials {
  readonly username: string;
  readonly password: string;
  readonly address: string;
}

type Proven = CredentialResult & { readonly ok: true };

export function createSignIn({ credentials, sessions, failedSignIns, audit }: SignInDeps) {
  return {
    /**
     * A wrong password is a result, not an error, and is recorded.
     * @param start Creates the session; the sign-in is audited after it.
     */
    async start(typed: TypedCredentials, start: (proven: Proven) => Promise<void>): Promise<CredentialResult> {
      const { address } = typed;
      const result = await credentials.check({ ...typed, allowMustChange: true });
      if (!result.ok) {
        failedSignIns.record({ actor: typed.username, address, reason: result.reason });
        return result;
      }
      await start(result);
      const actor = result.identity.subject.name;
      await audit.record({ actor, address, action: 'session.start', object: '', outcome: 'ok' });
      return result;
    },
    /**
     * Asks a signed-in user for the password again.
     * @param renew Stores the time of confirmation in the session.
     */
    async confirm(typed: TypedCredentials, renew: (proven: Proven) => Promise<void>): Promise<CredentialResult> {
      const { username: actor, address } = typed;
      const result = await credentials.check(typed);
      const entry = { actor, address, action: 'session.confirm', object: '' } as const;
      if (!result.ok) {
        await audit.record({ ...entry, outcome: 'refused', detail: { reason: result.reason } });
        return result;
      }
      await renew(result);
      await audit.record({ ...entry, outcome: 'ok' });
      return result;
    },
    /** @param end Ends the session of this request. */
    async signOut({ username, address }: Pick<User, 'username'> & { address: string }, end: () => Promise<void>) {
      await end();
      await audit.record({ actor: username, address, action: 'session.end', object: '', outcome: 'ok' });
    },
    /** Ends sessions of one's own account: one, or all but the current one. */
    async endOwn({ user: { id, username }, address }: Owner, chosen: { hash: string } | { exceptHash: string }) {
      if ('hash' in chosen) await sessions.end(chosen.hash, id);
      else await sessions.endAll(id, chosen.exceptHash);
      await audit.record({ actor: username, address, action: 'session.end', object: username, outcome: 'ok' });
    },
  };
}
export type SignIn = ReturnType<typeof createSignIn>;
