import { type Actor, actorWith } from '../../access/actor.ts';
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

/** Who does it, with which rights, and from where: for use cases. */
export function actorOf({ viewer, origin }: Asker): Actor {
  return actorWith(viewer.rights, origin.address);
}

interface Asker {
  readonly viewer: Pick<Viewer, 'rights'>;
  readonly origin: { readonly address: string };
}
