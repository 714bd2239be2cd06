import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ANONYMOUS } from '../../../../server/access/rights.ts';
import { compileRule } from '../../../../server/access/rule.ts';
import { decide, type Verdict } from '../../../../server/web/shell/guard.ts';
import type { Policy } from '../../../../server/web/shell/routes.ts';
import type { Viewer } from '../../../../server/web/shell/viewer.ts';

const rule = compileRule(
  { repository: 'team/**', address: '*', canPull: true, canPush: false, canDelete: false },
  'lin',
);
function viewer(change: {
  signedIn?: boolean;
  admin?: boolean;
  auditor?: boolean;
  rules?: boolean;
  setup?: boolean;
}): Viewer {
  const { signedIn = true, admin = false, auditor = admin, rules = false, setup = false } = change;
  const subject = signedIn ? { kind: 'user' as const, id: 1, name: 'lin' } : ANONYMOUS;
  const rights = { subject, isAdmin: admin, isAuditor: auditor, rules: rules ? [rule] : [] };
  return { subject, rights, user: undefined, isSignedIn: signedIn, mustChangePassword: setup };
}

const people = {
  stranger: viewer({ signedIn: false }),
  'anonymous with rights': viewer({ signedIn: false, rules: true }),
  outsider: viewer({}),
  auditor: viewer({ auditor: true }),
  admin: viewer({ admin: true }),
  'default password': viewer({ setup: true }),
};
const table: Readonly<Record<keyof typeof people, Readonly<Record<Policy, Verdict>>>> = {
  stranger: {
    public: 'open',
    setup: 'missing',
    browse: 'sign-in',
    'signed-in': 'sign-in',
    auditor: 'sign-in',
    admin: 'sign-in',
  },
  'anonymous with rights': {
    public: 'open',
    setup: 'missing',
    browse: 'open',
    'signed-in': 'sign-in',
    auditor: 'sign-in',
    admin: 'sign-in',
  },
  outsider: {
    public: 'open',
    setup: 'missing',
    browse: 'open',
    'signed-in': 'open',
    auditor: 'denied',
    admin: 'denied',
  },
  auditor: { public: 'open', setup: 'missing', browse: 'open', 'signed-in': 'open', auditor: 'open', admin: 'denied' },
  admin: { public: 'open', setup: 'missing', browse: 'open', 'signed-in': 'open', auditor: 'open', admin: 'open' },
  'default password': {
    public: 'open',
    setup: 'open',
    browse: 'set-password',
    'signed-in': 'set-password',
    auditor: 'set-password',
    admin: 'set-password',
  },
};
for (const [name, verdicts] of Object.entries(table)) {
  for (const [policy, verdict] of Object.entries(verdicts)) {
    test(`${name} at a page for ${policy}: ${verdict}`, () => {
      assert.equal(decide(policy as Policy, people[name as keyof typeof people], true), verdict);
    });
  }
}

test('without accounts everybody browses and nobody administers', () => {
  const open = viewer({ signedIn: false, auditor: true, rules: true });
  assert.equal(decide('browse', open, false), 'open');
  assert.equal(decide('auditor', open, false), 'open');
  assert.equal(decide('admin', open, false), 'missing');
  assert.equal(decide('signed-in', open, false), 'missing');
});
