/** The OpenAPI document and its page: complete, consistent, and about the routes that really are there. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { JsonSchema } from '../../server/api/example.ts';
import type { OpenApiDocument, OpenApiOperation } from '../../server/api/openapi.ts';
import { pathPattern } from '../../server/api/paths.ts';
import { apiDocsPage } from '../../server/web/api-docs/api-docs.ts';
import { startApi, type TestApi } from '../support/app/api.ts';
import { createVisitor, ROOT } from '../support/app/web.ts';

const ADMIN = 'admin:first-admin-password';
let app: TestApi;
let document: OpenApiDocument;
before(async () => {
  const made: TestApi[] = [];
  app = await startApi({ pages: [apiDocsPage({ document: () => made[0]?.api.document() ?? assert.fail() })] });
  made.push(app);
  document = (await (await app.ask('/openapi.json', ADMIN)).json()) as OpenApiDocument;
});
after(() => app?.stop());

function operations(): readonly (readonly [path: string, method: string, operation: OpenApiOperation])[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [path, method, operation] as const),
  );
}

/** Every object in the document that has this key. */
function having(key: string, node: unknown = document): readonly Record<string, unknown>[] {
  if (typeof node !== 'object' || node === null) return [];
  const below = Object.values(node).flatMap((value) => having(key, value));
  return key in node ? [node as Record<string, unknown>, ...below] : below;
}

test('what stands in the table of routes stands in the document, and nothing else', () => {
  const routes = app.api.routes.map(({ method, path }) => `${method.toLowerCase()} ${path}`);
  assert.deepEqual(
    operations()
      .map(([path, method]) => `${method} ${path}`)
      .sort(),
    [...routes].sort(),
  );
});

test('every reference leads somewhere', () => {
  const references = having('$ref').map(({ $ref }) => String($ref));
  assert.ok(references.length > 20);
  for (const reference of references) {
    const [start, ...keys] = reference.split('/');
    const target = keys.reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], document);
    assert.ok(start === '#' && target !== undefined, reference);
  }
});

test('operations have names of their own', () => {
  const ids = operations().map(([, , { operationId }]) => operationId);
  assert.equal(new Set(ids).size, ids.length);
  for (const id of ids) assert.match(id, /^[a-z][A-Za-z]+$/);
});

test('every parameter in a path is declared, and the other way round', () => {
  for (const [path, method, { parameters }] of operations()) {
    const declared = parameters.filter((one) => one.in === 'path');
    assert.deepEqual(
      declared.map(({ name }) => name),
      pathPattern(path).names,
      `${method} ${path}`,
    );
    assert.ok(declared.every(({ required }) => required));
    const names = parameters.map((one) => `${one.in} ${one.name}`);
    assert.equal(new Set(names).size, names.length);
  }
});

test('every parameter says what it is for', () => {
  for (const [path, method, { parameters }] of operations()) {
    for (const { name, description = '' } of parameters) assert.notEqual(description, '', `${method} ${path} ${name}`);
  }
});

test('every answer has a schema and an example', () => {
  for (const [path, , { responses }] of operations()) {
    for (const { content = {} } of Object.values(responses)) {
      for (const [type, { schema, example }] of Object.entries(content)) {
        assert.notDeepEqual(schema, {}, `${path} ${type}`);
        if (type === 'application/json') assert.equal(typeof example, 'object', path);
      }
    }
  }
  assert.deepEqual(having('$defs'), []);
});

/** A small reading of JSON Schema, enough for what our schemas come out as. */
function fits(value: unknown, schema: JsonSchema): boolean {
  if (schema.$ref !== undefined) return fits(value, document.components.schemas[schema.$ref.slice(21)] ?? {});
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return choices.some((one) => fits(value, one));
  if (schema.enum !== undefined && !schema.enum.includes(value)) return false;
  const types = schema.type === undefined ? [] : [schema.type].flat();
  if (value === null) return types.length === 0 || types.includes('null');
  if (Array.isArray(value)) return types.includes('array') && value.every((one) => fits(one, schema.items ?? {}));
  if (typeof value === 'object') {
    const fields = value as Record<string, unknown>;
    const missing = (schema.required ?? []).filter((name) => !(name in fields));
    const known = Object.entries(schema.properties ?? {}).filter(([name]) => name in fields);
    return missing.length === 0 && known.every(([name, one]) => fits(fields[name], one));
  }
  if (typeof value === 'number') return types.length === 0 || types.includes('number') || types.includes('integer');
  return types.length === 0 || types.includes(typeof value);
}

test('the examples are what the schemas say', () => {
  for (const [path, , { responses }] of operations()) {
    const json = Object.values(responses).find(({ content }) => content?.['application/json'])?.content;
    const one = json?.['application/json'];
    if (one !== undefined) assert.ok(fits(one.example, one.schema), `${path} ${JSON.stringify(one.example)}`);
  }
});

test('the page shows every operation, parameter and schema, without a script', async () => {
  const visitor = createVisitor(app.url);
  await visitor.signIn('admin', 'first-admin-password');
  const response = await visitor.request('/api/docs');
  assert.equal(response.status, 200);
  const html = await response.text();
  for (const [path, , { operationId, parameters }] of operations()) {
    assert.ok(html.includes(`id="${operationId}"`), operationId);
    assert.ok(html.includes(`<code>${path}</code>`), path);
    for (const { name } of parameters) assert.ok(html.includes(`<code>${name}</code>`), name);
  }
  for (const name of Object.keys(document.components.schemas)) assert.ok(html.includes(`id="schema-${name}"`), name);
  const links = [...html.matchAll(/href="#([\w-]+)"/g)].map(([, id]) => id);
  for (const id of links) assert.ok(html.includes(`id="${id}"`), id);
});

test('the page names every operation, in the words of the document', () => {
  const words = JSON.parse(readFileSync(join(ROOT, 'locales', 'en', 'api-docs.json'), 'utf8')) as { summary: object };
  const summaries = operations().map(([, , { operationId, summary }]) => [operationId, summary] as const);
  assert.deepEqual({ ...words.summary }, Object.fromEntries(summaries));
});

test('the kinds of problems have their place on the page', async () => {
  const { type } = (await (await app.ask('/nothing', ADMIN)).json()) as { type: string };
  assert.equal(type, '/api/docs#not-found');
  const visitor = createVisitor(app.url);
  await visitor.signIn('admin', 'first-admin-password');
  const html = await (await visitor.request('/api/docs')).text();
  for (const kind of ['invalid', 'unauthenticated', 'denied', 'not-found', 'conflict', 'broken', 'upstream']) {
    assert.ok(html.includes(`id="${kind}"`), kind);
  }
});
