// Examples of an upload in parts, in the shape of each surface.
import type { UploadResponse } from '../../../contract/uploads';
import type { OpenaiUpload } from '../../openai/objects';
import type { Example } from '../operation';
import { PART_ID, UPLOAD_ID } from './ids';

export const UPLOAD_REQUESTS: Record<string, Example> = {
  notes: {
    summary: 'A text file',
    value: { bytes: 37, filename: 'notes.txt', mime_type: 'text/plain', purpose: 'user_data' },
  },
};

export const UPLOAD_COMPLETIONS: Record<string, Example> = {
  one_part: { summary: 'Of one part', value: { part_ids: [PART_ID] } },
};

export const UPLOAD: UploadResponse = {
  id: UPLOAD_ID,
  object: 'upload',
  bytes: 37,
  filename: 'notes.txt',
  mime_type: 'text/plain',
  purpose: 'user_data',
  status: 'pending',
  created_at: '2026-11-25T01:09:22.910Z',
  expires_at: '2026-11-25T02:09:22.910Z',
  file: null,
};

export const OPENAI_UPLOAD: OpenaiUpload = {
  id: UPLOAD_ID,
  object: 'upload',
  bytes: 37,
  created_at: 1_795_568_962,
  expires_at: 1_795_572_562,
  filename: 'notes.txt',
  purpose: 'user_data',
  status: 'pending',
  file: null,
};
