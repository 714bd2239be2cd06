import type { CredentialResult } from '../../accounts/credentials.ts';
import type { Page } from './page.ts';

type Refusal = Extract<CredentialResult, { ok: false }>;

const SENTENCE: Readonly<Record<Refusal['reason'], string>> = {
  wrong: 'errors:sign_in.wrong',
  disabled: 'errors:sign_in.disabled',
  throttled: 'errors:sign_in.throttled',
  busy: 'errors:sign_in.busy',
  'change-password': 'errors:sign_in.wrong',
};

export function refusalText(page: Pick<Page, 't'>, { reason, retryAfterSeconds = 1 }: Refusal): string {
  return page.t(SENTENCE[reason], { seconds: retryAfterSeconds, count: retryAfterSeconds });
}

export function refusalStatus({ reason }: Refusal): number {
  if (reason === 'throttled') return 429;
  return reason === 'busy' ? 503 : 422;
}
