// Files sent in parts, on both surfaces: OpenAI's Uploads API.
import { Hono } from 'hono';
import type { StoredPart } from '../../accounts/upload-index';
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
import { nativeUpload, nativeUploadPart } from '../file-wire';
import { formRequest } from '../form-request';
import { runOnce } from '../idempotency';
import { openaiUpload, openaiUploadPart } from '../openai/file-wire';
import { jsonBody } from '../validate';

export const nativeUploadRoutes = uploadRoutes(nativeUpload, nativeUploadPart);
export const openaiUploadRoutes = uploadRoutes(openaiUpload, openaiUploadPart);

/** The routes with uploads and their parts in the shape of one surface. */
function uploadRoutes(
  wire: (upload: UploadState) => object,
  wirePart: (part: StoredPart, now: number) => object,
) {
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
      const part = await addPart(c.env, c.var.accountId, c.req.param('id'), formRequest(c), now);
      return c.json(wirePart(part, now));
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
