import type { z } from 'zod';
import { AppError } from '../errors.ts';
import type { Languages, Translate } from './i18n.ts';

export type FormValues = Readonly<Record<string, string | readonly string[]>>;
/** One sentence per field; `''` is the form as a whole. */
export type FieldErrors = Readonly<Record<string, string>>;
export type FormResult<T> =
  | { readonly ok: true; readonly values: T }
  | { readonly ok: false; readonly errors: FieldErrors };

const INTERNAL_FIELDS = new Set(['_csrf', '__proto__', 'constructor', 'prototype']);

/** The fields a person sent, without ours; no prototype, so no name can reach one. */
export function formValues(body: unknown): FormValues {
  const values: Record<string, string | readonly string[]> = Object.create(null);
  if (typeof body !== 'object' || body === null) return values;
  for (const [name, value] of Object.entries(body)) {
    if (INTERNAL_FIELDS.has(name)) continue;
    values[name] = Array.isArray(value) ? value.map(String) : String(value);
  }
  return values;
}

/** A message of the schema that is a key of `locales/<language>/errors.json` is translated; others become "not valid". */
export function parseForm<Schema extends z.ZodType>(
  schema: Schema,
  values: FormValues,
  t: Translate,
  languages: Languages,
): FormResult<z.output<Schema>> {
  const parsed = schema.safeParse({ ...values });
  if (parsed.success) return { ok: true, values: parsed.data };
  const errors: Record<string, string> = {};
  for (const issue of parsed.error.issues) {
    const field = String(issue.path[0] ?? '');
    const key = `errors:${issue.message}`;
    errors[field] ??= t(/^[a-z_.-]+$/.test(issue.message) && languages.has(key) ? key : 'errors:form.invalid');
  }
  return { ok: false, errors };
}

const MENDABLE = new Set(['INVALID', 'CONFLICT', 'TOO_MANY', 'UNAVAILABLE', 'UPSTREAM']);

export function errorText(error: AppError, t: Translate, languages: Languages): string {
  const key = `errors:${error.key ?? ''}`;
  return error.key !== undefined && languages.has(key) ? t(key, error.params) : error.message;
}

/** @throws what is not a person's mistake: it belongs on the error page. */
export function fieldErrors(error: unknown, t: Translate, languages: Languages): FieldErrors {
  if (!(error instanceof AppError) || !MENDABLE.has(error.code)) throw error;
  return { [error.field ?? '']: errorText(error, t, languages) };
}

/** A checkbox or a list of them: missing, one or several values, always as a list. */
export function listOf(value: unknown): readonly string[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value.map(String) : [String(value)];
}
