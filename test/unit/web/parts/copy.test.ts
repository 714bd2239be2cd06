import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ManifestKind } from '../../../../server/storage/schema.ts';
import { copyBox, copyLine, kindOfAll, type PullFacts, pullCommand } from '../../../../server/web/parts/commands.ts';
import {
  changedChoice,
  DEFAULT_CHOICE,
  FORMS,
  type Form,
  parseCopyChoice,
  printCopyChoice,
  TOOLS,
  type Tool,
} from '../../../../server/web/shell/copy-choice.ts';
import { testPage } from '../../../support/app/render.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const SECURE = { host: 'r.example.com', isPlainHttp: false };
const PORT = { host: '10.0.0.7:5000', isPlainHttp: true };
const LOCAL = { host: 'localhost:5000', isPlainHttp: true };

const commands: readonly (readonly [Tool, Form, Pick<PullFacts, 'host' | 'isPlainHttp'>, string])[] = [
  ['docker', 'tag', SECURE, 'docker pull r.example.com/team/app:1.0_b'],
  ['docker', 'both', SECURE, `docker pull r.example.com/team/app:1.0_b@${DIGEST}`],
  ['docker', 'digest', SECURE, `docker pull r.example.com/team/app@${DIGEST}`],
  ['docker', 'tag', PORT, 'docker pull 10.0.0.7:5000/team/app:1.0_b'],
  ['podman', 'tag', SECURE, 'podman pull r.example.com/team/app:1.0_b'],
  ['podman', 'both', SECURE, `podman pull r.example.com/team/app:1.0_b@${DIGEST}`],
  ['podman', 'digest', PORT, `podman pull --tls-verify=false 10.0.0.7:5000/team/app@${DIGEST}`],
  ['podman', 'tag', LOCAL, 'podman pull --tls-verify=false localhost:5000/team/app:1.0_b'],
  ['nerdctl', 'tag', SECURE, 'nerdctl pull r.example.com/team/app:1.0_b'],
  ['nerdctl', 'both', PORT, `nerdctl --insecure-registry pull 10.0.0.7:5000/team/app:1.0_b@${DIGEST}`],
  ['nerdctl', 'digest', LOCAL, `nerdctl pull localhost:5000/team/app@${DIGEST}`],
  ['skopeo', 'tag', SECURE, 'skopeo copy docker://r.example.com/team/app:1.0_b oci:app:1.0_b'],
  ['skopeo', 'both', SECURE, `skopeo copy docker://r.example.com/team/app@${DIGEST} oci:app:1.0_b`],
  ['skopeo', 'digest', SECURE, `skopeo copy docker://r.example.com/team/app@${DIGEST} oci:app`],
  [
    ...(['skopeo', 'tag', PORT] as const),
    'skopeo copy --src-tls-verify=false docker://10.0.0.7:5000/team/app:1.0_b oci:app:1.0_b',
  ],
  ['kubernetes', 'tag', SECURE, 'image: r.example.com/team/app:1.0_b'],
  ['kubernetes', 'both', PORT, `image: 10.0.0.7:5000/team/app:1.0_b@${DIGEST}`],
  ['kubernetes', 'digest', SECURE, `image: r.example.com/team/app@${DIGEST}`],
  ['helm', 'tag', SECURE, 'helm pull oci://r.example.com/team/app --version 1.0+b'],
  ['helm', 'both', SECURE, `helm pull oci://r.example.com/team/app@${DIGEST} --version 1.0+b`],
  ['helm', 'digest', SECURE, `helm pull oci://r.example.com/team/app@${DIGEST}`],
  ['helm', 'tag', PORT, 'helm pull oci://10.0.0.7:5000/team/app --version 1.0+b --plain-http'],
  ['helm', 'tag', LOCAL, 'helm pull oci://localhost:5000/team/app --version 1.0+b'],
  ['oras', 'tag', SECURE, 'oras pull r.example.com/team/app:1.0_b'],
  ['oras', 'both', SECURE, `oras pull r.example.com/team/app:1.0_b@${DIGEST}`],
  ['oras', 'digest', PORT, `oras pull --plain-http 10.0.0.7:5000/team/app@${DIGEST}`],
];
for (const [tool, form, where, expected] of commands) {
  test(`${tool} by ${form} from ${where.host}`, () =>
    assert.equal(pullCommand({ ...where, tool, form, name: 'team/app', tag: '1.0_b', digest: DIGEST }), expected));
}

test('each tool has a line for each form', () => {
  const told = new Set(commands.filter(([, , { isPlainHttp }]) => isPlainHttp).map(([tool]) => tool));
  const named = TOOLS.filter((tool) => tool !== 'own');
  assert.deepEqual([...told].sort(), [...named].sort());
  for (const tool of named) {
    assert.deepEqual(
      FORMS.filter((form) => !commands.some((row) => row[0] === tool && row[1] === form)),
      [],
      tool,
    );
  }
});

test('a name that is none stays one word of the line', () => {
  const facts = { ...SECURE, tool: 'docker', form: 'tag', digest: null } as const;
  assert.equal(
    pullCommand({ ...facts, name: "a'; rm -rf ~", tag: '1' }),
    `docker pull 'r.example.com/a'\\''; rm -rf ~:1'`,
  );
});

function pageWith(tool: Tool, form: Form, plain = SECURE) {
  const chosen = changedChoice(changedChoice(DEFAULT_CHOICE, 'image', tool), 'chart', tool);
  return { ...testPage(), copy: { ...plain, choice: { ...changedChoice(chosen, 'artifact', tool), form } } };
}

const kinds: readonly (readonly [ManifestKind, Tool, readonly Tool[]])[] = [
  ['image', 'docker', ['docker', 'podman', 'nerdctl', 'skopeo', 'kubernetes']],
  ['index', 'docker', ['docker', 'podman', 'nerdctl', 'skopeo', 'kubernetes']],
  ['unknown', 'docker', ['docker', 'podman', 'nerdctl', 'skopeo', 'kubernetes']],
  ['helm', 'helm', ['helm', 'oras', 'skopeo']],
  ['signature', 'oras', ['oras', 'skopeo']],
  ['sbom', 'oras', ['oras', 'skopeo']],
  ['attestation', 'oras', ['oras', 'skopeo']],
  ['artifact', 'oras', ['oras', 'skopeo']],
];
for (const [kind, first, offered] of kinds) {
  const target = { name: 'team/app', tag: 'v1', digest: DIGEST, kind };
  test(`${kind}: ${first} unless another tool was chosen that takes it`, () => {
    const { tools, tool } = copyBox(testPage(), target);
    assert.deepEqual(
      tools.map(({ value }) => value),
      offered,
    );
    assert.equal(tool, first);
    for (const chosen of TOOLS)
      assert.equal(copyLine(pageWith(chosen, 'tag'), target).tool, offered.includes(chosen) ? chosen : first);
  });
  test(`${kind}: in each form with each tool`, () => {
    for (const tool of offered) {
      for (const form of FORMS) {
        const box = copyBox(pageWith(tool, form), target);
        assert.equal(box.command, pullCommand({ ...target, ...SECURE, tool, form }));
        assert.equal(box.forms.find(({ isChosen }) => isChosen)?.value, form);
      }
    }
  });
}

test('a form that cannot be had gives way to one that can', () => {
  const untagged = copyBox(pageWith('docker', 'tag'), { name: 'a', digest: DIGEST, kind: 'image' });
  assert.equal(untagged.command, `docker pull r.example.com/a@${DIGEST}`);
  assert.deepEqual(untagged.forms, []);
  const unread = copyBox(pageWith('docker', 'digest'), { name: 'a', tag: 'v1', kind: 'image' });
  assert.equal(unread.command, 'docker pull r.example.com/a:v1');
});

test('plain HTTP is named where the line itself cannot say it', () => {
  const target = { name: 'a', tag: 'v1', kind: 'image' } as const;
  assert.match(copyBox(pageWith('docker', 'tag', PORT), target).note, /insecure-registries/);
  assert.match(copyBox(pageWith('kubernetes', 'tag', PORT), target).note, /10\.0\.0\.7:5000/);
  for (const [tool, plain] of [
    ['podman', PORT],
    ['docker', LOCAL],
    ['docker', SECURE],
  ] as const)
    assert.equal(copyBox(pageWith(tool, 'tag', plain), target).note, '', tool);
});

test('a repository is copied as what all of it is', () => {
  const cases: readonly (readonly [readonly string[], ManifestKind])[] = [
    [[], 'image'],
    [['helm'], 'helm'],
    [['helm', 'index'], 'image'],
    [['sbom', 'artifact'], 'artifact'],
    [['helm', 'artifact'], 'artifact'],
  ];
  for (const [all, expected] of cases) assert.equal(kindOfAll(all), expected);
});

test('the choice survives its cookie, and nothing else gets in', () => {
  const choice = changedChoice({ ...DEFAULT_CHOICE, form: 'both' }, 'chart', 'oras');
  assert.deepEqual(parseCopyChoice(printCopyChoice(choice)), choice);
  assert.deepEqual(changedChoice(choice, 'image', 'helm'), choice);
  for (const cookie of [undefined, '', 'x', 'helm.docker.podman.x', '....', 'constructor.__proto__.toString.tag'])
    assert.deepEqual(parseCopyChoice(cookie), DEFAULT_CHOICE);
});

const artifacts: readonly (readonly [string, string, string, string])[] = [
  [
    'application/vnd.docker.plugin.v1+json',
    'docker',
    'docker plugin install H/team/x:v1',
    'docker plugin install H/team/x:v1',
  ],
  [
    'application/vnd.docker.compose.project',
    'docker',
    'docker compose -f oci://H/team/x:v1 up',
    'docker compose -f oci://H/team/x:v1 up',
  ],
  ['application/vnd.ollama.image.model', 'ollama', 'ollama pull H/team/x:v1', 'ollama pull --insecure H/team/x:v1'],
  [
    'application/vnd.cncf.model.manifest.v1+json',
    'modctl',
    'modctl pull H/team/x:v1',
    'modctl pull --plain-http H/team/x:v1',
  ],
  [
    ...(['application/vnd.cncf.flux.config.v1+json', 'flux'] as const),
    'flux pull artifact oci://H/team/x:v1 --output .',
    'flux pull artifact oci://H/team/x:v1 --output . --insecure-registry',
  ],
  [
    ...(['application/vnd.buildkit.cacheconfig.v0', 'docker'] as const),
    'docker buildx build --cache-from type=registry,ref=H/team/x:v1 .',
    'docker buildx build --cache-from type=registry,ref=H/team/x:v1 .',
  ],
  [
    ...(['application/vnd.sylabs.sif.config.v1+json', 'apptainer'] as const),
    'apptainer pull oras://H/team/x:v1',
    'apptainer pull --no-https oras://H/team/x:v1',
  ],
  ['application/vnd.wasm.config.v0+json', 'oras', 'oras pull H/team/x:v1', 'oras pull --plain-http H/team/x:v1'],
  ['application/vnd.acme', 'oras', 'oras pull H/team/x:v1', 'oras pull --plain-http H/team/x:v1'],
];
for (const [artifactType, tool, secure, plain] of artifacts) {
  test(`${artifactType} is pulled with ${tool}`, () => {
    for (const [{ host, isPlainHttp }, command] of [
      [SECURE, secure],
      [PORT, plain],
    ] as const) {
      const page = testPage();
      const copy = { host, isPlainHttp, choice: DEFAULT_CHOICE };
      const box = copyBox({ ...page, copy }, { name: 'team/x', tag: 'v1', kind: 'artifact', artifactType });
      assert.deepEqual([box.tool, box.command], [tool, command.replace('H', host)]);
      assert.equal(
        box.tools.some(({ value }) => value === 'own'),
        tool !== 'oras',
      );
    }
  });
}
