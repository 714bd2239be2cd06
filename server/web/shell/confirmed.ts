import type { Request, Response } from 'express';
import type { SignIn } from '../../accounts/use-cases/sign-in.ts';
import { type CarriedForm, carriedFields, PASSWORD_FIELD, RETYPE_FIELD } from './form.ts';
import type { Page } from './page.ts';
import { refusalStatus, refusalText } from './refused-sign-in.ts';
import { startSession } from './session.ts';

export interface ConfirmationDeps {
  readonly signIn: Pick<SignIn, 'confirm'>;
  readonly now: () => number;
}

const TRUSTED_FOR_MS = 10 * 60_000;

/**
 * Asks for the password again, when it was typed more than ten minutes ago, before rights are widened or accounts changed:
 * an unattended browser must not be enough. The guard calls it for routes that are declared `confirmed`.
 */
export function createConfirmation({ signIn, now }: ConfirmationDeps) {
  /** @returns true when the request has the right password; otherwise the page that asks for it was sent. */
  async function prove(page: Page, request: Request, response: Response, form: AskedForm): Promise<boolean> {
    const password: unknown = request.body?.[PASSWORD_FIELD];
    if (password === undefined) return ask(page, form);
    if (typeof password !== 'string' || password === '') {
      return ask(page, form, { error: page.t('errors:form.required'), status: 422 });
    }
    const { id, name: username } = page.viewer.subject;
    const { address } = page.origin;
    const result = await signIn.confirm({ username, password, address }, async ({ identity }) => {
      const { passwordVersion } = identity;
      await startSession(request, { id, username, passwordVersion }, address, now());
    });
    if (!result.ok) {
      if (result.retryAfterSeconds !== undefined) response.set('Retry-After', String(result.retryAfterSeconds));
      return ask(page, form, { error: refusalText(page, result), status: refusalStatus(result) });
    }
    return true;
  }

  return {
    isDue: (request: Request): boolean => !isRecent(request.session?.confirmedAt ?? 0, now()),
    prove,
    /** As `prove`; the page carries the submitted form, which is executed together with the password. */
    proveForm: (page: Page, request: Request, response: Response): Promise<boolean> =>
      prove(page, request, response, sentForm(page)),
  };
}
export type Confirmation = ReturnType<typeof createConfirmation>;

/** The form that the password page submits together with the password. */
export interface AskedForm extends CarriedForm {
  readonly action: string;
  /** The user filled in a form, not only pressed a button. */
  readonly holdsInput: boolean;
}

interface Refused {
  readonly error?: string;
  readonly status?: number;
}

function sentForm(page: Page): AskedForm {
  const carried = carriedFields(page.body);
  return { action: page.url(page.path), ...carried, holdsInput: carried.fields.length > 0 };
}

async function ask(page: Page, form: AskedForm, { error, status = 200 }: Refused = {}): Promise<false> {
  await page.render(
    'shell/confirm',
    {
      ...{ title: page.t('accounts:confirm.title'), bare: true, action: form.action, error },
      fields: [...form.fields, ...form.retype.map((value) => ({ name: RETYPE_FIELD, value }))],
      isKept: form.holdsInput,
      isRetyped: form.retype.length > 0,
    },
    status,
  );
  return false;
}

/** A time in the future does not count: setting the clock back must not extend it. */
function isRecent(at: number, now: number): boolean {
  return at <= now && now - at < TRUSTED_FOR_MS;
}
