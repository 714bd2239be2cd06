import type { Rights, Subject } from '../../access/rights.ts';
import type { User } from '../../access/users.ts';

/** Who asks for a page. */
export interface Viewer {
  readonly subject: Subject;
  /** Empty for somebody who still has to replace the password. */
  readonly rights: Rights;
  readonly user: User | undefined;
  readonly isSignedIn: boolean;
  readonly mustChangePassword: boolean;
}

/** Who does it and from where, as the audit has it. */
export function actorOf({ viewer, origin }: Asker): { readonly actor: string; readonly address: string } {
  return { actor: viewer.subject.name, address: origin.address };
}

interface Asker {
  readonly viewer: Pick<Viewer, 'subject'>;
  readonly origin: { readonly address: string };
}
