/** Merges our sections into an operator's config.yml; comments and everything else are kept. */
import { isMap, parseDocument } from 'yaml';
import { AppError } from '../../errors.ts';
import { type ConnectChoice, type ConnectFacts, registrySections } from './connect-lines.ts';

type Tree = Record<string, unknown>;

/** @throws {AppError} INVALID when the text is not a registry configuration. */
export function mergedConfiguration(text: string, facts: ConnectFacts, choice: ConnectChoice): string {
  const document = parseDocument(text, { merge: false });
  if (document.errors.length > 0 || !isMap(document.contents)) throw notYaml(document.errors[0]?.message);
  const { auth, notifications, storage } = registrySections(facts, choice);
  if (document.get('version') === undefined) document.set('version', 0.1);
  // A registry with two kinds of `auth` does not start, so any other kind is replaced.
  document.set('auth', document.createNode(auth));
  const others = list(document.toJS()?.notifications?.endpoints).filter((each) => each['name'] !== 'registry-web');
  const ours = list(notifications?.['endpoints']);
  document.setIn(['notifications', 'endpoints'], document.createNode([...others, ...ours]));
  if (storage !== undefined) document.setIn(['storage', 'delete', 'enabled'], true);
  return document.toString({ lineWidth: 0 });
}

function list(value: unknown): readonly Tree[] {
  return Array.isArray(value) ? value.filter((each): each is Tree => typeof each === 'object' && each !== null) : [];
}

function notYaml(reason = ''): AppError {
  const [detail = ''] = reason.split('\n');
  return new AppError('INVALID', `This is no config.yml of a registry. ${detail}`.trim(), {
    key: 'connect_not_yaml',
    params: { detail },
  });
}
