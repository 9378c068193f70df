// GET /healthz, without a key: whether this deployment can serve. It reads its configuration and calls no one.
import { Hono } from 'hono';
import type { FaultResponse, HealthResponse } from '../../contract/health';
import { catalogueFault } from '../../models/catalogue';
import type { AppEnv } from '../context';

/** Only a new deployment mends a configuration. */
const RETRY_AFTER_SECONDS = 60;

export const healthRoutes = new Hono<AppEnv>().get('/healthz', (c) => {
  const fault = catalogueFault();
  if (fault === null) return c.json({ status: 'ok' } satisfies HealthResponse);
  c.header('Retry-After', String(RETRY_AFTER_SECONDS));
  return c.json({ status: 'error', reason: fault } satisfies FaultResponse, 503);
});
