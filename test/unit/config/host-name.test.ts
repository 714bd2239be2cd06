/** What leads to this machine, for all who have to know: the guard of hosts, warnings, headers, printed commands. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostName, isLoopbackName } from '../../../server/config/host-name.ts';

const names = [
  ['localhost:8090', 'localhost'],
  ['Registry.Example.com.', 'registry.example.com'],
  ['[::1]:8090', '::1'],
  ['10.0.0.7', '10.0.0.7'],
  ['evil.example:80:80', 'evil.example:80:80'],
  ['', ''],
] as const;
for (const [host, name] of names) {
  test(`the name in “${host}” is “${name}”`, () => assert.equal(hostName(host), name));
}

const places = [
  ['localhost', true],
  ['APP.localhost:5000', true],
  ['127.0.0.1:5000', true],
  ['127.9.9.9', true],
  ['[::1]:5000', true],
  ['127.0.0.1.evil.example', false],
  ['localhost.evil.example', false],
  ['127.evil', false],
  ['10.0.0.7', false],
  ['registry', false],
  ['', false],
] as const;
for (const [host, isHere] of places) {
  test(`“${host}” leads ${isHere ? 'here' : 'elsewhere'}`, () => assert.equal(isLoopbackName(hostName(host)), isHere));
}
