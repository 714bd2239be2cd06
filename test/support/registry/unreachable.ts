import { networkFailure } from '../../../server/registry/client/failure.ts';

/** What a call to a registry fails with that is not there. */
export function unreachable(): Error {
  return networkFailure({ code: 'EHOSTUNREACH' }, 'http://registry.invalid');
}
