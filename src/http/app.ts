// The whole HTTP surface: middleware, then each group of routes under its prefix. It wires and does nothing else.
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { ApiError } from '../contract/errors';
import { answerHeaders } from './answer-headers';
import { authenticated } from './authenticate';
import type { AppEnv } from './context';
import { errorResponse } from './error-response';
import { RATE_HEADERS } from './rate-headers';
import { requestId } from './request-id';
import { requestLog } from './request-log';
import { accountRoutes } from './routes/account';
import { adminRoutes } from './routes/admin';
import { batchStreamRoutes } from './routes/batch-stream';
import { batchRoutes } from './routes/batches';
import { chatRoutes } from './routes/chat';
import { nativeFileRoutes, openaiFileRoutes } from './routes/files';
import { healthRoutes } from './routes/health';
import { modelRoutes } from './routes/models';
import { openaiBatchRoutes } from './routes/openai-batches';
import { openapiRoutes } from './routes/openapi';
import { pageRoutes } from './routes/pages';
import { nativeUploadRoutes, openaiUploadRoutes } from './routes/uploads';
import { usageRoutes } from './routes/usage';
import { webhookRoutes } from './routes/webhooks';

const EXPOSED_HEADERS = [
  'x-request-id',
  'x-should-retry',
  'retry-after',
  'retry-after-ms',
  'location',
  'idempotent-replayed',
  'server-timing',
  'content-disposition',
  'content-range',
  'etag',
  ...RATE_HEADERS,
];

export const app = new Hono<AppEnv>();

app.onError((error, c) => errorResponse(c, error));
app.notFound((c) => {
  const methods = methodsOf(c.req.path);
  const error =
    methods.length === 0
      ? new ApiError('not_found', { missing: 'path' })
      : new ApiError('method_not_allowed', {
          detail: ['methods_allowed', methods.join(', ')],
          headers: { Allow: methods.join(', ') },
        });
  return errorResponse(c, error);
});

// Before everything that is added to the API's answers: pages are sent as the assets have them.
app.route('/', pageRoutes);

app.use(requestId);
app.use(requestLog);
app.use(answerHeaders);
app.use(cors({ origin: '*', exposeHeaders: EXPOSED_HEADERS, maxAge: 86_400 }));

app.route('/', healthRoutes);
app.route('/', openapiRoutes);

// Before `authenticated`: these have keys of their own (a stream token; the admin secret), or say first what they want.
app.route('/api/v1', batchStreamRoutes);
app.route('/api/v1/admin', adminRoutes);
for (const prefix of ['/v1', '/api/v1']) app.route(prefix, chatRoutes);

app.use('/v1/*', authenticated);
app.use('/api/v1/*', authenticated);

for (const prefix of ['/v1', '/api/v1']) app.route(prefix, modelRoutes);
app.route('/v1', openaiFileRoutes);
app.route('/v1', openaiUploadRoutes);
app.route('/v1', openaiBatchRoutes);
app.route('/api/v1', nativeFileRoutes);
app.route('/api/v1', nativeUploadRoutes);
app.route('/api/v1', batchRoutes);
app.route('/api/v1', usageRoutes);
app.route('/api/v1', accountRoutes);
app.route('/api/v1', webhookRoutes);

/** The methods a path answers to. `ALL` marks middleware. */
function methodsOf(path: string): string[] {
  return ['GET', 'POST', 'PATCH', 'DELETE'].filter((method) =>
    app.router.match(method, path)[0].some(([[, route]]) => route.method === method),
  );
}
