import { type Actor, actorWith } from '../../access/actor.ts';
import type { Rights, Subject } from '../../access/rights.ts';
import type { User } from '../../access/users.ts';

/** The person or anonymous visitor that a request comes from. */
export interface Viewer {
  readonly subject: Subject;
  /** Without rules while the password must be changed. */
  readonly rights: Rights;
  readonly user: User | undefined;
  readonly isSignedIn: boolean;
  readonly mustChangePassword: boolean;
}

/** The rights and client address of a request, as use cases expect them. */
export function actorOf({ viewer, origin }: Asker): Actor {
  return actorWith(viewer.rights, origin.address);
}

interface Asker {
  readonly viewer: Pick<Viewer, 'rights'>;
  readonly origin: { readonly address: string };
}
