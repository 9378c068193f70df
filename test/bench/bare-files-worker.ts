// The product's Worker, and beside it, under `/__bare`, the least a Worker can do for a file: the body of a request of known
// length goes to R2 as it is, and any object comes back. Both share one process, so that neither has a better machine.
import worker from '../../src/index.ts';

export * from '../../src/index.ts';

const BARE_KEY = 'bare';

export default {
  ...worker,
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname !== '/__bare') return worker.fetch(request, env, ctx);
    if (request.method === 'PUT') {
      const object = await env.BUCKET.put(BARE_KEY, request.body);
      return Response.json({ size: object?.size });
    }
    const object = await env.BUCKET.get(searchParams.get('key') ?? BARE_KEY);
    if (object === null) return new Response(null, { status: 404 });
    return new Response(object.body, { headers: { 'Content-Length': String(object.size) } });
  },
} satisfies ExportedHandler<Env>;
