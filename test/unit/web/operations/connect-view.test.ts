import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConnectSettings, connectView } from '../../../../server/web/operations/connect-view.ts';
import { testPage } from '../../../support/app/render.ts';
import { statusFacts } from '../../../support/data/operations-facts.ts';

const SETTINGS: ConnectSettings = {
  ...{ realm: 'http://web.lan:8090/api/auth', service: 'registry.lan:5000', issuer: 'registry-web' },
  ...{
    algorithms: ['ES256'],
    caPem: undefined,
    jwks: '{}',
    canDelete: false,
    secret: null,
    proposedSecret: 'proposed',
  },
  ...{ publicUrl: 'http://web.lan:8090', innerUrl: 'http://web:8090', isOurs: false },
};

function warningFor(from: string, runs: string): string {
  const page = testPage({ query: { from, runs } });
  return connectView({ page, settings: SETTINGS, status: statusFacts(), plainHttp: null }).fromWarning;
}

const addresses = [
  ['http://localhost:8090', true],
  ['http://web.localhost', true],
  ['https://127.0.0.2:8443', true],
  ['http://[::1]:8090', true],
  ['http://[::1]', true],
  ['http://localhost-registry.lan:8090', false],
  ['http://127.example.com', false],
  ['http://web.lan:8090', false],
  ['http://[fd00::1]:8090', false],
] as const;
for (const [from, reachesItself] of addresses) {
  test(`a container that is told ${from} ${reachesItself ? 'would call itself' : 'reaches us'}`, () => {
    assert.equal(warningFor(from, 'compose') !== '', reachesItself);
    assert.equal(warningFor(from, 'file'), '');
  });
}
