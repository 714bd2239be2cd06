import { z } from 'zod';
import { maskedAssignment, maskedRecord, maskedText, maskedValue } from '../catalog/base/secrets.ts';

/** Query parameter: whether secrets in images are shown or masked. */
export const secretsParam = z
  .enum(['masked', 'shown'])
  .default('masked')
  .describe('Values that look like passwords or tokens (in variables, labels, commands) come as `•••` unless `shown`.');
export type Secrets = z.output<typeof secretsParam>;

/** Masks secrets like the pages, where people can reveal them. */
export interface Masking {
  /** Masks a command that contains assignments. */
  readonly text: (text: string) => string;
  /** Masks the value of `NAME=value`. */
  readonly assignment: (line: string) => string;
  readonly value: (name: string, value: string) => string;
  readonly record: (record: Readonly<Record<string, string>>) => Readonly<Record<string, string>>;
}

const MASKED: Masking = {
  text: maskedText,
  assignment: maskedAssignment,
  value: maskedValue,
  record: maskedRecord,
};
const SHOWN: Masking = {
  text: (text) => text,
  assignment: (line) => line,
  value: (_name, value) => value,
  record: (record) => record,
};

export const maskingOf = (secrets: Secrets): Masking => (secrets === 'shown' ? SHOWN : MASKED);
