import { z } from 'zod';
import { maskedAssignment, maskedRecord, maskedText, maskedValue } from '../catalog/base/secrets.ts';

/** Part of a query whose answer holds what somebody baked into an image. */
export const secretsParam = z
  .enum(['masked', 'shown'])
  .default('masked')
  .describe('Values that look like passwords or tokens (in variables, labels, commands) come as `•••` unless `shown`.');
export type Secrets = z.output<typeof secretsParam>;

/** The rule of the pages, where such values unfold when somebody asks. */
export interface Masking {
  /** A command, with assignments in it. */
  readonly text: (text: string) => string;
  /** `NAME=value`. */
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
