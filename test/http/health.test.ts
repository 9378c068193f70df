import { env } from 'cloudflare:workers';
import { afterEach, expect, it, vi } from 'vitest';
import { errorOf, newClient, send } from './client';

afterEach(() => {
  vi.restoreAllMocks();
  Reflect.deleteProperty(env, 'CATALOGUE');
});

// First: once it was read well, an isolate keeps its catalogue.
it('a catalogue that is not valid is told by /healthz, and requests fail with a reason that is logged', async () => {
  const { key } = await newClient();
  const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  Reflect.set(env, 'CATALOGUE', '{"models":[{"id":"a","provider":"openai"}]}');

  const health = await send(null, 'GET', '/healthz');
  expect(health.status).toBe(503);
  expect(health.headers.get('retry-after')).toBe('60');
  expect(await health.json()).toEqual({
    status: 'error',
    reason: expect.stringMatching(/^the variable CATALOGUE is not valid: models\[0\]\.context_window: /),
  });

  const json = { model: 'sandbox', messages: [{ role: 'user', content: 'Hi' }] };
  const response = await send(key, 'POST', '/v1/chat/completions', { json });
  expect(response.status).toBe(500);
  const { type, message } = await errorOf(response);
  expect([type, message]).toEqual(['internal_error', expect.stringContaining('CATALOGUE is not valid')]);
  expect(String(logged.mock.calls)).toContain('models[0].context_window');
});

it('GET /healthz says that all is well, without a key', async () => {
  const response = await send(null, 'GET', '/healthz');
  expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
});
