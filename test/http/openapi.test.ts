// The OpenAPI document and the routes: each describes the other, and the shapes are those that validate.
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { version } from '../../package.json';
import { app } from '../../src/http/app';
import { allOperations } from '../../src/http/openapi/operations';
import {
  ALL_OPERATIONS,
  API_DOCUMENT,
  type ApiDocument,
  operationOf,
  responseOf,
  violationsOf,
} from '../openapi/api-document';
import { ORIGIN, send } from './client';

const OPERATIONS = allOperations();

/** `GET /api/v1/files/{id}`; middleware, catch-alls and the console's pages are no operations. */
const ROUTES = app.routes
  .filter(({ method, path }) => method !== 'ALL' && path !== '/' && path !== '/docs')
  .map((route) => ({ ...route, path: route.path.replace(/:(\w+)(\{[^}]+\})?/g, '{$1}') }));

const names = (entries: readonly { method: string; path: string }[]) =>
  Array.from(new Set(entries.map(({ method, path }) => `${method.toUpperCase()} ${path}`))).sort();

describe('the document', () => {
  it('has every route, and every route is in it', () => {
    expect(names(ALL_OPERATIONS)).toEqual(names(ROUTES));
    expect(names(OPERATIONS)).toHaveLength(OPERATIONS.length);
  });

  it('shows the schemas by which the routes validate', () => {
    const validators = ROUTES.flatMap(({ method, path, handler }) => {
      const operation = OPERATIONS.find(
        (entry) => entry.method.toUpperCase() === method && entry.path === path,
      );
      const { body, query } = handler as { body?: unknown; query?: unknown };
      const documented = operation?.body?.content['application/json']?.schema;
      return [
        // `POST /api/v1/batches` tells its three forms apart itself.
        ...(body === undefined || body instanceof z.ZodUnknown
          ? []
          : [{ route: `${method} ${path}`, same: body === documented }]),
        ...(query === undefined ? [] : [{ route: `${method} ${path}`, same: query === operation?.query }]),
      ];
    });
    // Below this, the validators do not carry their schemas any more.
    expect(validators.length).toBeGreaterThan(12);
    expect(validators.filter(({ same }) => !same)).toEqual([]);
  });

  it('tells a developer what each operation, parameter and answer is', () => {
    for (const { operation, path } of ALL_OPERATIONS) {
      const { operationId, summary, description, tags, parameters, responses } = operation;
      expect(summary, operationId).not.toBe('');
      expect(description.length, operationId).toBeGreaterThan(20);
      expect(API_DOCUMENT.tags.map(({ name }) => name)).toEqual(expect.arrayContaining(tags));
      for (const parameter of parameters.filter(({ $ref }) => $ref === undefined)) {
        expect(parameter.description, `${operationId} ${parameter.name}`).toMatch(/\w+/);
      }
      const inPath = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
      expect(inPath, operationId).toEqual(Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name));
      for (const status of Object.keys(responses)) {
        expect(responseOf(operation, status)?.description, `${operationId} ${status}`).toMatch(/\w+/);
      }
    }
  });

  it('names each operation once, and has no schema or error that nothing refers to', () => {
    const ids = ALL_OPERATIONS.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const text = JSON.stringify(API_DOCUMENT);
    const { schemas, headers, responses, examples } = API_DOCUMENT.components;
    for (const [kind, entries] of Object.entries({ schemas, headers, responses, examples })) {
      const unused = Object.keys(entries).filter((name) => !text.includes(`"#/components/${kind}/${name}"`));
      expect(unused, kind).toEqual([]);
    }
  });

  it('refers only to what it has', () => {
    const references = Array.from(
      JSON.stringify(API_DOCUMENT).matchAll(/"\$ref":"#\/([^"]+)"/g),
      ([, path = '']) => path,
    );
    const broken = references.filter((path) => {
      const target = path
        .split('/')
        .reduce<unknown>((value, key) => Reflect.get(Object(value), key), API_DOCUMENT);
      return target === undefined;
    });
    expect(references.length).toBeGreaterThan(500);
    expect(broken).toEqual([]);
  });

  it('shows errors as clients get them', () => {
    const error = { $ref: '#/components/schemas/Error' };
    const wrong = Object.entries(API_DOCUMENT.components.examples).flatMap(([name, { value }]) =>
      violationsOf(error, value).map((violation) => `${name}: ${violation}`),
    );
    expect(wrong).toEqual([]);
  });

  it('says who may ask, and which scope a key needs', () => {
    const securityOf = (method: string, path: string) => operationOf(method, path)?.operation.security;
    expect(securityOf('GET', '/v1/files')).toEqual([{ apiKey: ['files:read'] }]);
    expect(securityOf('POST', '/v1/files')).toEqual([{ apiKey: ['files'] }]);
    expect(securityOf('GET', '/v1/models')).toEqual([{ apiKey: [] }]);
    expect(securityOf('GET', '/api/v1/admin/accounts')).toEqual([{ adminKey: [] }]);
    expect(securityOf('GET', '/api/v1/batches/batch_1/stream')).toEqual([
      { apiKey: ['batches:read'] },
      { streamToken: [] },
    ]);
    expect(securityOf('GET', '/healthz')).toEqual([]);
  });
});

describe('GET /openapi.json', () => {
  it('is for anyone, on the origin it is asked for', async () => {
    const response = await send(null, 'GET', '/openapi.json');
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    const document = await response.json<ApiDocument>();
    expect(document).toEqual({ ...API_DOCUMENT, servers: [{ url: ORIGIN }] });
    expect(document.info.version).toBe(version);
  });

  it('is sent again only where it changed', async () => {
    const etag = (await send(null, 'GET', '/openapi.json')).headers.get('etag') ?? '';
    const same = await send(null, 'GET', '/openapi.json', { headers: { 'if-none-match': etag } });
    expect(same.status).toBe(304);
    expect(await same.text()).toBe('');
    const other = await send(null, 'GET', '/openapi.json', { headers: { 'if-none-match': '"other"' } });
    expect(other.status).toBe(200);
  });

  it('has another tag on another origin', async () => {
    const tagOn = async (origin: string) => (await app.request(`${origin}/openapi.json`)).headers.get('etag');
    expect(await tagOn('https://one.example')).not.toBe(await tagOn('https://two.example'));
    expect(await tagOn('https://one.example')).toBe(await tagOn('https://one.example'));
  });
});
