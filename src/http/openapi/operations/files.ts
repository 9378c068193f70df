// Files on both surfaces: the same store behind two shapes.
import * as z from 'zod';
import { fileListQuery, fileResponse, uploadFields } from '../../../contract/files';
import { deletionOf, listOf } from '../../../contract/lists';
import { openaiFileObject } from '../../openai/objects';
import { FILE, OPENAI_FILE } from '../examples/files';
import { FILE_ID } from '../examples/ids';
import { json, type Operation, onBothSurfaces } from '../operation';

const UPLOAD = `\`multipart/form-data\` with \`file\` and, in any order, \`purpose\` and \`expires_after\`. At most 100 MB (100 × 1024² bytes), streamed to the store: an upload
that is cut off or refused stores nothing.

Allowed are PNG, JPEG, WebP, GIF, PDF, MP3, WAV, Ogg, plain text and CSV; with \`purpose=batch\` JSON Lines. The declared type must agree
with the leading bytes. Without one, or as \`application/octet-stream\`, it is inferred.`;

const pathParameters = { id: { description: "The file's id", example: FILE_ID } };

/** The fields of the form and the file among them. */
function uploadForm() {
  return uploadFields.extend({
    file: z.unknown().meta({
      type: 'string',
      contentMediaType: 'application/octet-stream',
      description: 'The file, with its name',
    }),
  });
}

export const fileOperations = (): Operation[] =>
  onBothSurfaces((prefix) => {
    const file = prefix === '/v1' ? openaiFileObject : fileResponse;
    const examples = { file: { summary: 'A text file', value: prefix === '/v1' ? OPENAI_FILE : FILE } };
    return [
      {
        method: 'post',
        path: `${prefix}/files`,
        id: 'uploadFile',
        tag: 'Files',
        summary: 'Upload a file',
        description: UPLOAD,
        security: 'account',
        creates: true,
        body: { content: { 'multipart/form-data': { schema: uploadForm() } } },
        answers: { 200: { description: 'The stored file.', content: json(file, examples) } },
        errors: ['form_invalid', 'file_too_large', 'storage_full', 'file_type_unsupported'],
      },
      {
        method: 'get',
        path: `${prefix}/files`,
        id: 'listFiles',
        tag: 'Files',
        summary: 'List files',
        description: 'The files of the account, those made by batches included.',
        security: 'account',
        query: fileListQuery,
        answers: { 200: { description: 'A page of files.', content: json(listOf(file)) } },
        errors: ['query_invalid'],
      },
      {
        method: 'get',
        path: `${prefix}/files/{id}`,
        id: 'getFile',
        tag: 'Files',
        summary: 'Get a file',
        description: 'What is known of a file. Its bytes are at `/content`.',
        security: 'account',
        pathParameters,
        answers: { 200: { description: 'The file.', content: json(file, examples) } },
        errors: ['file_not_found'],
      },
      {
        method: 'get',
        path: `${prefix}/files/{id}/content`,
        id: 'downloadFile',
        tag: 'Files',
        summary: "Download a file's content",
        description: 'The bytes as they were uploaded, whole or one range of them.',
        security: 'account',
        pathParameters,
        requestHeaders: ['Range', 'If-Range', 'If-None-Match', 'If-Match'],
        answers: {
          200: {
            description: 'The whole file.',
            headers: [
              'ETag',
              'Cache-Control',
              'Accept-Ranges',
              'Content-Disposition',
              'X-Content-Type-Options',
            ],
            content: { '*/*': {} },
          },
          206: {
            description: 'The range.',
            headers: [
              'Content-Range',
              'ETag',
              'Cache-Control',
              'Accept-Ranges',
              'Content-Disposition',
              'X-Content-Type-Options',
            ],
            content: { '*/*': {} },
          },
          304: {
            description: 'Unchanged since the `ETag` in `If-None-Match`.',
            headers: ['ETag', 'Cache-Control'],
          },
        },
        errors: ['file_not_found', 'etag_other', 'range_outside'],
      },
      {
        method: 'delete',
        path: `${prefix}/files/{id}`,
        id: 'deleteFile',
        tag: 'Files',
        summary: 'Delete a file',
        description: 'At once. A file that a batch reads cannot be deleted until the batch has ended.',
        security: 'account',
        pathParameters,
        answers: {
          200: {
            description: 'It is deleted.',
            content: json(deletionOf('file'), {
              deleted: { summary: 'Deleted', value: { id: FILE_ID, object: 'file', deleted: true } },
            }),
          },
        },
        errors: ['file_not_found', 'file_in_use'],
      },
    ];
  });
