/**
 * Every action that the audit knows, in the order of its page: one word for one thing, whichever way it was asked for.
 * A new one gets its text in `web/accounts/audit.ts`.
 */
export const AUDIT_ACTIONS = [
  'session.start',
  'session.confirm',
  'session.end',
  'password.change',
  'password.reset',
  'user.add',
  'user.enable',
  'user.disable',
  'user.remove',
  'role.add',
  'role.rules',
  'role.remove',
  'role.grant',
  'role.revoke',
  'tag.delete',
  'manifest.delete',
  'manifest.restore',
  'description.edit',
  'event.dismiss',
  'index.accept_loss',
] as const;

export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** What an entry can tell beside its action and object; each has a text, too. */
export type AuditFact =
  | 'bytes'
  | 'digest'
  | 'error'
  | 'holders'
  | 'manifest'
  | 'missing'
  | 'reason'
  | 'repository'
  | 'role'
  | 'roles'
  | 'rules'
  | 'sampled'
  | 'sessions'
  | 'tags'
  | 'version';
