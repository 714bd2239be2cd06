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
