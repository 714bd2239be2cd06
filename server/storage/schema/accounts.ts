/** Settings, people, what they may do, and what they did. */
import type { Generated } from 'kysely';
import type { Flag } from './flag.ts';

export interface SettingsTable {
  key: string;
  value: string;
}

/** One row. `version` grows with every change of users, roles, rules or grants, so compiled rights can be cached. */
export interface AccessStateTable {
  id: number;
  version: number;
}

export interface UsersTable {
  id: Generated<number>;
  username: string;
  password_hash: string | null;
  password_version: Generated<number>;
  enabled: Generated<Flag>;
  must_change_password: Generated<Flag>;
  created_at: number;
  last_sign_in_at: number | null;
  last_sign_in_address: string | null;
}

export type RoleKind = 'rules' | 'auditor' | 'admin';

export interface RolesTable {
  id: Generated<number>;
  name: string;
  description: Generated<string>;
  kind: Generated<RoleKind>;
  builtin: Generated<Flag>;
  created_at: number;
}

export interface RulesTable {
  id: Generated<number>;
  role_id: number;
  position: number;
  repository: string;
  address: string;
  can_pull: Flag;
  can_push: Flag;
  can_delete: Flag;
}

export type SubjectKind = 'user' | 'group' | 'robot' | 'anonymous';

export interface GrantsTable {
  subject_kind: SubjectKind;
  /** 0 for anonymous. */
  subject_id: number;
  role_id: number;
  granted_at: number;
  granted_by: string;
}

export interface SessionsTable {
  /** SHA-256 of the session id, hex. */
  id_hash: string;
  user_id: number;
  password_version: number;
  data: string;
  created_at: number;
  last_seen_at: number;
  address: string;
  user_agent: string;
}

export interface RefreshTokensTable {
  /** SHA-256 of the token, hex. */
  token_hash: string;
  user_id: number;
  password_version: number;
  service: string;
  client_id: string;
  created_at: number;
  last_used_at: number;
  expires_at: number;
}

export interface KnownPlacesTable {
  user_id: number;
  address: string;
  last_at: number;
}

export interface AuditTable {
  id: Generated<number>;
  at: number;
  actor: string;
  address: string;
  action: string;
  object: string;
  outcome: string;
  detail: string;
}

export interface FailedSignInsTable {
  id: Generated<number>;
  first_at: number;
  last_at: number;
  count: number;
  actor: string;
  address: string;
  reason: string;
}

export interface TokenRefusalsTable {
  id: Generated<number>;
  first_at: number;
  last_at: number;
  count: Generated<number>;
  subject: string;
  subject_kind: SubjectKind;
  address: string;
  repository: string;
  /** Comma-separated, sorted. */
  asked: string;
  missing: string;
  client: string;
}

export interface AccountsSchema {
  settings: SettingsTable;
  access_state: AccessStateTable;
  users: UsersTable;
  roles: RolesTable;
  rules: RulesTable;
  grants: GrantsTable;
  sessions: SessionsTable;
  refresh_tokens: RefreshTokensTable;
  known_places: KnownPlacesTable;
  audit: AuditTable;
  failed_sign_ins: FailedSignInsTable;
  token_refusals: TokenRefusalsTable;
}
