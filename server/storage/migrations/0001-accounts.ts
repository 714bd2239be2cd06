import type { Kysely } from 'kysely';
import { flag, id, millis, present } from './columns.ts';

/** Users, roles, rules, grants, sessions, refresh tokens, the audit log and settings. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const schema = db.schema;
  await schema
    .createTable('settings')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('value', 'text', present)
    .execute();
  await schema
    .createTable('access_state')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('version', 'integer', present)
    .execute();
  await schema
    .createTable('users')
    .addColumn('id', 'integer', id)
    .addColumn('username', 'text', (column) => column.notNull().unique())
    .addColumn('password_hash', 'text')
    .addColumn('password_version', 'integer', (column) => column.notNull().defaultTo(1))
    .addColumn('enabled', 'integer', flag(1))
    .addColumn('must_change_password', 'integer', flag(0))
    .addColumn('created_at', 'bigint', millis)
    .addColumn('last_sign_in_at', 'bigint')
    .addColumn('last_sign_in_address', 'text')
    .execute();
  await schema
    .createTable('roles')
    .addColumn('id', 'integer', id)
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('description', 'text', (column) => column.notNull().defaultTo(''))
    .addColumn('kind', 'text', (column) => column.notNull().defaultTo('rules'))
    .addColumn('builtin', 'integer', flag(0))
    .addColumn('created_at', 'bigint', millis)
    .execute();
  await schema
    .createTable('rules')
    .addColumn('id', 'integer', id)
    .addColumn('role_id', 'integer', (column) => column.notNull().references('roles.id').onDelete('cascade'))
    .addColumn('position', 'integer', present)
    .addColumn('repository', 'text', present)
    .addColumn('address', 'text', present)
    .addColumn('can_pull', 'integer', flag(0))
    .addColumn('can_push', 'integer', flag(0))
    .addColumn('can_delete', 'integer', flag(0))
    .execute();
  await schema.createIndex('rules_role').on('rules').columns(['role_id', 'position']).execute();
  await schema
    .createTable('grants')
    .addColumn('subject_kind', 'text', present)
    .addColumn('subject_id', 'integer', present)
    .addColumn('role_id', 'integer', (column) => column.notNull().references('roles.id').onDelete('cascade'))
    .addColumn('granted_at', 'bigint', millis)
    .addColumn('granted_by', 'text', present)
    .addPrimaryKeyConstraint('grants_key', ['subject_kind', 'subject_id', 'role_id'])
    .execute();
  await schema.createIndex('grants_role').on('grants').column('role_id').execute();
  await schema
    .createTable('sessions')
    .addColumn('id_hash', 'text', (column) => column.primaryKey())
    .addColumn('user_id', 'integer', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('password_version', 'integer', present)
    .addColumn('data', 'text', present)
    .addColumn('created_at', 'bigint', millis)
    .addColumn('last_seen_at', 'bigint', millis)
    .addColumn('address', 'text', present)
    .addColumn('user_agent', 'text', present)
    .execute();
  await schema.createIndex('sessions_user').on('sessions').columns(['user_id', 'last_seen_at']).execute();
  await schema.createIndex('sessions_seen').on('sessions').column('last_seen_at').execute();
  await schema
    .createTable('refresh_tokens')
    .addColumn('token_hash', 'text', (column) => column.primaryKey())
    .addColumn('user_id', 'integer', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('password_version', 'integer', present)
    .addColumn('service', 'text', present)
    .addColumn('client_id', 'text', present)
    .addColumn('created_at', 'bigint', millis)
    .addColumn('last_used_at', 'bigint', millis)
    .addColumn('expires_at', 'bigint', millis)
    .execute();
  await schema.createIndex('refresh_tokens_user').on('refresh_tokens').column('user_id').execute();
  await schema
    .createTable('audit')
    .addColumn('id', 'integer', id)
    .addColumn('at', 'bigint', millis)
    .addColumn('actor', 'text', present)
    .addColumn('address', 'text', present)
    .addColumn('action', 'text', present)
    .addColumn('object', 'text', present)
    .addColumn('outcome', 'text', present)
    .addColumn('detail', 'text', present)
    .execute();
  await schema.createIndex('audit_at').on('audit').columns(['at', 'id']).execute();
  await schema
    .createTable('token_refusals')
    .addColumn('id', 'integer', id)
    .addColumn('first_at', 'bigint', millis)
    .addColumn('last_at', 'bigint', millis)
    .addColumn('count', 'integer', (column) => column.notNull().defaultTo(1))
    .addColumn('subject', 'text', present)
    .addColumn('subject_kind', 'text', present)
    .addColumn('address', 'text', present)
    .addColumn('repository', 'text', present)
    .addColumn('asked', 'text', present)
    .addColumn('missing', 'text', present)
    .addColumn('client', 'text', present)
    .addUniqueConstraint('token_refusals_same', ['subject_kind', 'subject', 'address', 'repository', 'missing'])
    .execute();
  await schema.createIndex('token_refusals_last').on('token_refusals').columns(['last_at', 'id']).execute();
}
