/**
 * Every action of the audit log, in the order of its filter: one name for one action, whether a page, the API or a
 * command asked for it. A new one needs its text in `web/accounts/audit.ts`.
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

/** The details an entry may hold beside its action and object; each needs a text, too. */
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
