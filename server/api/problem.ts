import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { toHttpError } from '../http/http-error.ts';

const fieldErrorSchema = z.strictObject({
  in: z.enum(['path', 'query']),
  name: z.string(),
  message: z.string(),
});

/** @see https://www.rfc-editor.org/rfc/rfc9457 */
export const problemSchema = z
  .strictObject({
    type: z.string().meta({
      description: 'Stands for the kind of problem; the address explains it.',
      examples: ['/api/docs#not-found'],
    }),
    title: z.string().meta({
      description: 'The kind of problem in words that never change.',
      examples: ['There is no such thing, or you may not see it'],
    }),
    status: z
      .number()
      .int()
      .meta({ examples: [404] }),
    detail: z.string().meta({
      description: 'What happened and what to do, in the language of `Accept-Language`.',
      examples: ['There is no such repository or image, or you may not see it.'],
    }),
    instance: z.string().optional().describe('Of a failure of ours: its id, which stands in the log too.'),
    errors: z.array(fieldErrorSchema).optional().describe('One entry per parameter that was refused.'),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problemSchema>;

/** All kinds of problems; the API page explains each. */
export const PROBLEM_TITLES = {
  invalid: 'The request cannot be understood',
  unauthenticated: 'Credentials are needed',
  denied: 'Not allowed',
  'not-found': 'There is no such thing, or you may not see it',
  'method-not-allowed': 'This address does not know the method',
  conflict: 'Things are different by now',
  'too-large': 'Too large',
  'too-many': 'Too many attempts',
  upstream: 'The registry did not answer as it should',
  unavailable: 'Not at this moment',
  broken: 'Something went wrong here',
} as const;
export type ProblemKind = keyof typeof PROBLEM_TITLES;

const KINDS: Readonly<Record<number, ProblemKind>> = {
  400: 'invalid',
  401: 'unauthenticated',
  403: 'denied',
  404: 'not-found',
  405: 'method-not-allowed',
  409: 'conflict',
  413: 'too-large',
  414: 'too-large',
  429: 'too-many',
  502: 'upstream',
  503: 'unavailable',
};

export interface ProblemAnswer {
  readonly problem: Problem;
  readonly retryAfterSeconds: number | undefined;
  /** ID in the log; undefined for errors of the caller. */
  readonly id: string | undefined;
}

export interface ProblemContext {
  /** Address of the page that explains the kinds. */
  readonly docs: string;
  /** The text of an expected error in the caller's language. */
  readonly sentence: (error: AppError) => string;
}

/** Problem details (RFC 9457) of an error. Unexpected errors only get an ID. */
export function problemOf(error: unknown, { docs, sentence }: ProblemContext): ProblemAnswer {
  if (error instanceof z.ZodError) return inputProblem(error, docs);
  const { status, message, retryAfterSeconds } = toHttpError(error);
  const id = status >= 500 ? randomBytes(6).toString('hex') : undefined;
  const detail = error instanceof AppError ? sentence(error) : message;
  const field = error instanceof AppError ? error.field : undefined;
  const problem: Problem = {
    ...headOf(status, docs),
    detail,
    ...(id === undefined ? {} : { instance: `urn:registry-web:error:${id}` }),
    ...(field === undefined ? {} : { errors: [{ in: 'query', name: field, message: detail }] }),
  };
  return { problem, retryAfterSeconds, id };
}

function headOf(status: number, docs: string): Pick<Problem, 'type' | 'title' | 'status'> {
  const kind = KINDS[status] ?? (status < 500 ? 'invalid' : 'broken');
  return { type: `${docs}#${kind}`, title: PROBLEM_TITLES[kind], status };
}

const MAX_ERRORS = 20;
const MAX_NAME_LENGTH = 100;

function inputProblem(error: z.ZodError, docs: string): ProblemAnswer {
  const errors = error.issues.flatMap(fieldErrors).slice(0, MAX_ERRORS);
  const names = errors.map(({ name }) => name).join(', ');
  const problem = { ...headOf(400, docs), detail: `Not valid: ${names}.`, errors };
  return { problem, retryAfterSeconds: undefined, id: undefined };
}

function fieldErrors(issue: z.core.$ZodIssue): readonly z.infer<typeof fieldErrorSchema>[] {
  const place = issue.path[0] === 'params' ? 'path' : 'query';
  if (issue.code === 'unrecognized_keys') {
    const message = 'There is no such parameter here.';
    return issue.keys.map((key) => ({ in: place, name: key.slice(0, MAX_NAME_LENGTH), message }));
  }
  return [{ in: place, name: String(issue.path[1] ?? ''), message: issue.message }];
}
