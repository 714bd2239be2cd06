import type { Kysely } from 'kysely';
import { columnTypes, flag, idColumn, millis, present } from './columns.ts';

/** Users, roles, rules, grants, sessions, refresh tokens, the audit log and settings. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  const types = columnTypes(db);
  const counted = idColumn(db);
  await schema
    .createTable('settings')
    .addColumn('key', types.text, (column) => column.primaryKey())
    .addColumn('value', types.text, present)
    .execute();
  await schema
    .createTable('access_state')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('version', 'integer', present)
    .execute();
  await schema
    .createTable('users')
    .addColumn('id', types.id, counted)
    .addColumn('username', types.text, (column) => column.notNull().unique())
    .addColumn('password_hash', types.text)
    .addColumn('password_version', 'integer', (column) => column.notNull().defaultTo(1))
    .addColumn('enabled', 'integer', flag(1))
    .addColumn('must_change_password', 'integer', flag(0))
    .addColumn('created_at', 'bigint', millis)
    .addColumn('last_sign_in_at', 'bigint')
    .addColumn('last_sign_in_address', types.text)
    .execute();
  await schema
    .createTable('roles')
    .addColumn('id', types.id, counted)
    .addColumn('name', types.text, (column) => column.notNull().unique())
    .addColumn('description', types.text, (column) => column.notNull().defaultTo(''))
    .addColumn('kind', types.text, (column) => column.notNull().defaultTo('rules'))
    .addColumn('builtin', 'integer', flag(0))
    .addColumn('created_at', 'bigint', millis)
    .execute();
  await schema
    .createTable('rules')
    .addColumn('id', types.id, counted)
    .addColumn('role_id', 'integer', (column) => column.notNull().references('roles.id').onDelete('cascade'))
    .addColumn('position', 'integer', present)
    .addColumn('repository', types.text, present)
    .addColumn('address', types.text, present)
    .addColumn('can_pull', 'integer', flag(0))
    .addColumn('can_push', 'integer', flag(0))
    .addColumn('can_delete', 'integer', flag(0))
    .execute();
  await schema.createIndex('rules_role').on('rules').columns(['role_id', 'position']).execute();
  await schema
    .createTable('grants')
    .addColumn('subject_kind', types.text, present)
    .addColumn('subject_id', 'integer', present)
    .addColumn('role_id', 'integer', (column) => column.notNull().references('roles.id').onDelete('cascade'))
    .addColumn('granted_at', 'bigint', millis)
    .addColumn('granted_by', types.text, present)
    .addPrimaryKeyConstraint('grants_key', ['subject_kind', 'subject_id', 'role_id'])
    .execute();
  await schema.createIndex('grants_role').on('grants').column('role_id').execute();
  await schema
    .createTable('sessions')
    .addColumn('id_hash', types.text, (column) => column.primaryKey())
    .addColumn('user_id', 'integer', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('password_version', 'integer', present)
    .addColumn('data', types.text, present)
    .addColumn('created_at', 'bigint', millis)
    .addColumn('last_seen_at', 'bigint', millis)
    .addColumn('address', types.text, present)
    .addColumn('user_agent', types.text, present)
    .execute();
  await schema.createIndex('sessions_user').on('sessions').columns(['user_id', 'last_seen_at']).execute();
  await schema.createIndex('sessions_seen').on('sessions').column('last_seen_at').execute();
  await schema
    .createTable('refresh_tokens')
    .addColumn('token_hash', types.text, (column) => column.primaryKey())
    .addColumn('user_id', 'integer', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('password_version', 'integer', present)
    .addColumn('service', types.text, present)
    .addColumn('client_id', types.text, present)
    .addColumn('created_at', 'bigint', millis)
    .addColumn('last_used_at', 'bigint', millis)
    .addColumn('expires_at', 'bigint', millis)
    .execute();
  await schema.createIndex('refresh_tokens_user').on('refresh_tokens').column('user_id').execute();
  await schema
    .createTable('audit')
    .addColumn('id', types.id, counted)
    .addColumn('at', 'bigint', millis)
    .addColumn('actor', types.text, present)
    .addColumn('address', types.text, present)
    .addColumn('action', types.text, present)
    .addColumn('object', types.text, present)
    .addColumn('outcome', types.text, present)
    .addColumn('detail', types.text, present)
    .execute();
  await schema.createIndex('audit_at').on('audit').columns(['at', 'id']).execute();
  await schema
    .createTable('token_refusals')
    .addColumn('id', types.id, counted)
    .addColumn('first_at', 'bigint', millis)
    .addColumn('last_at', 'bigint', millis)
    .addColumn('count', 'integer', (column) => column.notNull().defaultTo(1))
    .addColumn('subject', types.text, present)
    .addColumn('subject_kind', types.text, present)
    .addColumn('address', types.text, present)
    .addColumn('repository', types.text, present)
    .addColumn('asked', types.text, present)
    .addColumn('missing', types.text, present)
    .addColumn('client', types.text, present)
    .addUniqueConstraint('token_refusals_same', ['subject_kind', 'subject', 'address', 'repository', 'missing'])
    .execute();
  await schema.createIndex('token_refusals_last').on('token_refusals').columns(['last_at', 'id']).execute();
}
