// Files sent in parts, the same on both surfaces.
import * as z from 'zod';
import { uploadComplete, uploadCreate, uploadPartResponse, uploadResponse } from '../../../contract/uploads';
import { openaiUploadObject, openaiUploadPartObject } from '../../openai/objects';
import { UPLOAD_ID } from '../examples/ids';
import { OPENAI_UPLOAD, UPLOAD, UPLOAD_COMPLETIONS, UPLOAD_REQUESTS } from '../examples/uploads';
import { json, type Operation, onBothSurfaces } from '../operation';

const CREATE = `For files of up to 512 MB (200 MB for \`batch\`; 1 MB is 1024² bytes), as OpenAI's Uploads API has it: open an upload, send its parts in any order and at once if
you like, then complete it with their ids in the file's order. An upload that is not completed within an hour ends by itself.`;

const pathParameters = { id: { description: "The upload's id", example: UPLOAD_ID } };

/** The form of a part. */
function partForm() {
  const data = z.unknown().meta({
    type: 'string',
    contentMediaType: 'application/octet-stream',
    description: 'The bytes, at most 64 MB, sent as a file',
  });
  return z.strictObject({ data });
}

export const uploadOperations = (): Operation[] =>
  onBothSurfaces((prefix) => {
    const upload = prefix === '/v1' ? openaiUploadObject : uploadResponse;
    const part = prefix === '/v1' ? openaiUploadPartObject : uploadPartResponse;
    const pending = prefix === '/v1' ? OPENAI_UPLOAD : UPLOAD;
    return [
      {
        method: 'post',
        path: `${prefix}/uploads`,
        id: 'createUpload',
        tag: 'Files',
        summary: 'Open an upload',
        description: CREATE,
        security: 'account',
        creates: true,
        body: { content: json(uploadCreate, UPLOAD_REQUESTS) },
        answers: {
          200: {
            description: 'The upload.',
            content: json(upload, { notes: { summary: 'Just opened', value: pending } }),
          },
        },
        errors: [
          'body_invalid',
          'body_too_large',
          'upload_too_large',
          'storage_full',
          'file_type_unsupported',
        ],
      },
      {
        method: 'post',
        path: `${prefix}/uploads/{id}/parts`,
        id: 'addUploadPart',
        tag: 'Files',
        summary: 'Send a part',
        description: 'Parts may come in any order, and several at once.',
        security: 'account',
        pathParameters,
        body: { content: { 'multipart/form-data': { schema: partForm() } } },
        answers: { 200: { description: 'The part.', content: json(part) } },
        errors: [
          'form_invalid',
          'upload_part_over_whole',
          'upload_not_found',
          'upload_not_pending',
          'upload_part_too_large',
          'storage_full',
        ],
      },
      {
        method: 'post',
        path: `${prefix}/uploads/{id}/complete`,
        id: 'completeUpload',
        tag: 'Files',
        summary: 'Complete an upload',
        description:
          'Makes the file of the parts and checks it like any other. Repeating it gets the same answer.',
        security: 'account',
        pathParameters,
        body: { content: json(uploadComplete, UPLOAD_COMPLETIONS) },
        answers: { 200: { description: 'The upload, with its file.', content: json(upload) } },
        errors: [
          'body_invalid',
          'upload_parts_invalid',
          'upload_not_found',
          'upload_not_pending',
          'body_too_large',
          'storage_full',
          'file_type_unsupported',
        ],
      },
      {
        method: 'post',
        path: `${prefix}/uploads/{id}/cancel`,
        id: 'cancelUpload',
        tag: 'Files',
        summary: 'Cancel an upload',
        description: 'Its parts are removed.',
        security: 'account',
        pathParameters,
        answers: { 200: { description: 'The upload as it now is.', content: json(upload) } },
        errors: ['upload_not_found', 'upload_not_pending'],
      },
    ];
  });
