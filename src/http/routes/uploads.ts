// Files sent in parts, on both surfaces: OpenAI's Uploads API.
import { Hono } from 'hono';
import { uploadComplete, uploadCreate } from '../../contract/uploads';
import { completeUpload } from '../../files/complete-upload';
import {
  addPart,
  cancelUpload,
  createUpload,
  findUpload,
  type UploadState,
} from '../../files/upload-in-parts';
import type { AppEnv } from '../context';
import { nativeUpload } from '../file-wire';
import { formRequest } from '../form-request';
import { runOnce } from '../idempotency';
import { openaiUpload } from '../openai/file-wire';
import { jsonBody } from '../validate';

export const nativeUploadRoutes = uploadRoutes(nativeUpload, (time) => new Date(time).toISOString());
export const openaiUploadRoutes = uploadRoutes(openaiUpload, (time) => Math.floor(time / 1000));

/** The routes with uploads in the shape of one surface. `wireTime` takes milliseconds. */
function uploadRoutes(wire: (upload: UploadState) => object, wireTime: (time: number) => string | number) {
  return new Hono<AppEnv>()
    .post('/uploads', jsonBody(uploadCreate), (c) => {
      return runOnce(c, {
        makes: 'upload',
        make: (id) => createUpload(c.env, c.var.accountId, c.req.valid('json'), Date.now(), id),
        find: (id) => findUpload(c.env, c.var.accountId, id, Date.now()),
        answer: (upload) => c.json(wire(upload)),
      });
    })
    .post('/uploads/:id/parts', async (c) => {
      const now = Date.now();
      const { id, uploadId } = await addPart(c.env, c.var.accountId, c.req.param('id'), formRequest(c), now);
      return c.json({ id, object: 'upload.part', created_at: wireTime(now), upload_id: uploadId });
    })
    .post('/uploads/:id/complete', jsonBody(uploadComplete), async (c) => {
      const order = c.req.valid('json');
      const id = c.req.param('id');
      return c.json(wire(await completeUpload(c.env, c.var.accountId, id, order, Date.now())));
    })
    .post('/uploads/:id/cancel', async (c) => {
      return c.json(wire(await cancelUpload(c.env, c.var.accountId, c.req.param('id'), Date.now())));
    });
}
