// Files on both surfaces: the same store behind two shapes.
import { Hono } from 'hono';
import type { IndexedFile } from '../../accounts/file-index';
import { ApiError } from '../../contract/errors';
import { fileListQuery } from '../../contract/files';
import { listResponse } from '../../contract/lists';
import { deleteFile, findFile } from '../../files/file-store';
import { describeUpload, storeUpload, uploadContentOf } from '../../files/upload';
import type { AppContext, AppEnv } from '../context';
import { fileContent } from '../file-content';
import { nativeFile } from '../file-wire';
import { formRequest } from '../form-request';
import { found, knownPage } from '../found';
import { runOnce } from '../idempotency';
import { openaiFile } from '../openai/file-wire';
import { query } from '../validate';

export const nativeFileRoutes = fileRoutes(nativeFile);
export const openaiFileRoutes = fileRoutes(openaiFile);

/** The routes with files in the shape of one surface. */
function fileRoutes<T extends { id: string }>(wire: (file: IndexedFile) => T) {
  return new Hono<AppEnv>()
    .post('/files', (c) => {
      const request = formRequest(c);
      return runOnce(c, {
        makes: 'file',
        make: (id) => storeUpload(c.env, c.var.accountId, request, Date.now(), id),
        find: (id) => findFile(c.env, c.var.accountId, id, Date.now()),
        answer: (file) => c.json(wire(file)),
        body: { of: uploadContentOf, ofRepeat: () => describeUpload(request) },
      });
    })
    .get('/files', query(fileListQuery), async (c) => {
      const list = c.req.valid('query');
      const files = await c.env.ACCOUNTS.getByName(c.var.accountId).listFiles(list, Date.now());
      const page = knownPage(files, list.after);
      return c.json(listResponse({ ...page, data: page.data.map(wire) }, (file) => file.id));
    })
    .get('/files/:id', async (c) => c.json(wire(await fileOf(c, c.req.param('id')))))
    .get('/files/:id/content', async (c) => fileContent(c, await fileOf(c, c.req.param('id'))))
    .delete('/files/:id', async (c) => {
      const id = c.req.param('id');
      if (!(await deleteFile(c.env, c.var.accountId, id, Date.now())))
        throw new ApiError('not_found', { missing: 'file' });
      return c.json({ id, object: 'file', deleted: true });
    });
}

async function fileOf(c: AppContext, id: string): Promise<IndexedFile> {
  return found(await findFile(c.env, c.var.accountId, id, Date.now()), 'file');
}
