import type { z } from 'zod';
import { AppError } from '../../errors.ts';
import type { Languages, Translate } from './i18n.ts';

export type FormValues = Readonly<Record<string, string | readonly string[]>>;
/** One sentence per field; `''` is the form as a whole. */
export type FieldErrors = Readonly<Record<string, string>>;
export type FormResult<T> =
  | { readonly ok: true; readonly values: T }
  | { readonly ok: false; readonly errors: FieldErrors };

/** The password of who sends the form, where it is asked for again. */
export const PASSWORD_FIELD = '_password';
/** Names a field that was typed, but is a secret that no page may carry on. */
export const RETYPE_FIELD = '_retype';
const INTERNAL_FIELDS = new Set(['_csrf', PASSWORD_FIELD, RETYPE_FIELD, '__proto__', 'constructor', 'prototype']);
/** Secrets that are never rendered back into a page; a test compares the list with the templates. */
const SECRET_FIELDS = new Set(['password', 'repeated', 'current', 'code']);

/** The submitted fields without our own, on an object without a prototype: a field may be called `__proto__`. */
export function formValues(body: unknown): FormValues {
  const values: Record<string, string | readonly string[]> = Object.create(null);
  if (typeof body !== 'object' || body === null) return values;
  for (const [name, value] of Object.entries(body)) {
    if (INTERNAL_FIELDS.has(name)) continue;
    values[name] = Array.isArray(value) ? value.map(String) : String(value);
  }
  return values;
}

/** A form on its way through a page that asks for the password. */
export interface CarriedForm {
  readonly fields: readonly { readonly name: string; readonly value: string }[];
  /** Names of secrets that were typed and have to be typed again. */
  readonly retype: readonly string[];
}

export function carriedFields(values: FormValues): CarriedForm {
  const sent = Object.entries(values).flatMap(([name, value]) => listOf(value).map((one) => ({ name, value: one })));
  const isSecret = ({ name }: { name: string }) => SECRET_FIELDS.has(name);
  const typed = sent.filter((field) => isSecret(field) && field.value !== '');
  return {
    fields: sent.filter((field) => !isSecret(field)),
    retype: [...new Set(typed.map(({ name }) => name))],
  };
}

/** Errors for secrets that could not be carried over and must be typed again. */
export function retypeErrors(body: unknown, t: Translate): FieldErrors {
  const sent = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[RETYPE_FIELD] : undefined;
  const names = listOf(sent).filter((name) => SECRET_FIELDS.has(name));
  return Object.fromEntries(names.map((name) => [name, t('errors:form.retype')]));
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

const CORRECTABLE_CODES = new Set(['INVALID', 'CONFLICT', 'TOO_MANY', 'UNAVAILABLE', 'UPSTREAM']);

export function errorText(error: AppError, t: Translate, languages: Languages): string {
  const key = `errors:${error.key ?? ''}`;
  return error.key !== undefined && languages.has(key) ? t(key, error.params) : error.message;
}

/** @throws the error when it is no mistake in a field: it belongs on the error page. */
export function fieldErrors(error: unknown, t: Translate, languages: Languages): FieldErrors {
  if (!(error instanceof AppError) || !CORRECTABLE_CODES.has(error.code)) throw error;
  return { [error.field ?? '']: errorText(error, t, languages) };
}

/** A checkbox or a list of them: missing, one or several values, always as a list. */
export function listOf(value: unknown): readonly string[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value.map(String) : [String(value)];
}
