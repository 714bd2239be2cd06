import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dockerfileLine, layerPositions } from '../../../../server/catalog/images/history.ts';
import { quickly } from '../../../support/process/quickly.ts';

const line = (createdBy: string, empty = false) =>
  dockerfileLine({ created: undefined, createdBy, comment: '', empty });

const cases: readonly [string, string, string][] = [
  ['/bin/sh -c #(nop) ADD file:9a4c in / ', 'ADD', 'file:9a4c /'],
  ['/bin/sh -c #(nop)  CMD ["bash"]', 'CMD', '["bash"]'],
  ['/bin/sh -c #(nop) COPY dir:77 in /app ', 'COPY', 'dir:77 /app'],
  ['/bin/sh -c #(nop)  EXPOSE 80/tcp', 'EXPOSE', '80/tcp'],
  ['/bin/sh -c apt-get update', 'RUN', 'apt-get update'],
  ['/bin/bash -o pipefail -c set -e', '', '/bin/bash -o pipefail -c set -e'],
  ['|2 A=1 B=two words /bin/sh -c make A=$A', 'RUN', 'make A=$A'],
  ['RUN /bin/sh -c npm ci # buildkit', 'RUN', 'npm ci'],
  ['RUN |1 VERSION=3 /bin/sh -c curl $VERSION # buildkit', 'RUN', 'curl $VERSION'],
  ['COPY package.json ./ # buildkit', 'COPY', 'package.json ./'],
  ['ENTRYPOINT ["/entry"]', 'ENTRYPOINT', '["/entry"]'],
  ['EXPOSE map[8080/tcp:{} 9090/tcp:{}]', 'EXPOSE', '8080/tcp 9090/tcp'],
  ['ENV A="x # y"', 'ENV', 'A="x # y"'],
  ['bazel build //:image', '', 'bazel build //:image'],
  ['RUNNER start', '', 'RUNNER start'],
  ['<script>alert(1)</script>', '', '<script>alert(1)</script>'],
  ['', '', ''],
  ['CMD ["nginx" "-g" "daemon off;"]', 'CMD', '["nginx", "-g", "daemon off;"]'],
  ['CMD ["a", "b"]', 'CMD', '["a", "b"]'],
  ['/bin/sh -c #(nop)  ENTRYPOINT ["/bin/sh" "-c" "echo \\"x\\""]', 'ENTRYPOINT', '["/bin/sh", "-c", "echo \\"x\\""]'],
  ['SHELL [/bin/bash -c]', 'SHELL', '[/bin/bash -c]'],
  ['VOLUME [/data]', 'VOLUME', '/data'],
  [
    `HEALTHCHECK &{["CMD-SHELL" "curl -f \\"http://localhost/\\" || exit 1"] "30s" "3s" "5s" "0s" '\\x03'}`,
    'HEALTHCHECK',
    '--interval=30s --timeout=3s --start-period=5s --retries=3 CMD curl -f "http://localhost/" || exit 1',
  ],
  [`HEALTHCHECK &{["CMD" "curl" "-f"] "0s" "0s" "0s" '\\n'}`, 'HEALTHCHECK', '--retries=10 CMD ["curl", "-f"]'],
  [`HEALTHCHECK &{["NONE"] "0s" "0s" "0s" '\\x00'}`, 'HEALTHCHECK', 'NONE'],
  ['HEALTHCHECK CMD true', 'HEALTHCHECK', 'CMD true'],
  ['HEALTHCHECK &{["', 'HEALTHCHECK', '&{["'],
];
for (const [createdBy, instruction, text] of cases) {
  test(`reads ${createdBy || 'an empty step'}`, () => {
    const read = line(createdBy);
    assert.deepEqual([read.instruction, read.text], [instruction, text]);
  });
}

const MANY = 200_000;
const slowCases: readonly (readonly [createdBy: string, instruction: string, text: string])[] = [
  [`|2 ${' A='.repeat(MANY)}`, '', `|2 ${' A='.repeat(MANY)}`],
  [`RUN ${' '.repeat(MANY)}x`, 'RUN', 'x'],
  [`RUN x${' '.repeat(MANY)}y`, 'RUN', `x${' '.repeat(MANY)}y`],
  [`COPY ${' in'.repeat(MANY)}  `, 'COPY', `${'in '.repeat(MANY - 2)}in`],
  [`CMD [${'"x" '.repeat(MANY)}`, 'CMD', `[${'"x" '.repeat(MANY).trim()}`],
  [`HEALTHCHECK &{["CMD"] ${' 1'.repeat(MANY)}`, 'HEALTHCHECK', 'CMD []'],
];
for (const [createdBy, instruction, text] of slowCases) {
  test(`reads a step made to be slow: ${createdBy.slice(0, 24)}…`, () => {
    const read = quickly(() => line(createdBy));
    assert.deepEqual([read.instruction, read.text.length], [instruction, text.length]);
    assert.ok(read.text === text);
  });
}

test('steps that made a layer are paired with the layers in order', () => {
  const lines = [line('ADD a /'), line('ENV A=1', true), line('RUN b'), line('RUN beyond')];
  assert.deepEqual(layerPositions(lines, 2), [0, undefined, 1, undefined]);
});

test('a step without a command is told by its comment, as docker history does', () => {
  const comment = 'store paths: /nix/store/bash';
  const { instruction, text } = dockerfileLine({ created: undefined, createdBy: '', comment, empty: false });
  assert.deepEqual([instruction, text], ['', comment]);
});
