// Examples of a file, in the shape of each surface.
import type { FileResponse } from '../../../contract/files';
import type { OpenaiFile } from '../../openai/objects';
import { FILE_ID } from './ids';

export const FILE: FileResponse = {
  id: FILE_ID,
  filename: 'notes.txt',
  size: 37,
  content_type: 'text/plain',
  purpose: 'user_data',
  created_at: '2026-11-25T01:09:22.910Z',
  expires_at: null,
  status: 'processed',
  sha256: 'dc9a82e7abc291302be8e1c990437decfb633a6e79fc082ac45ff83c6a471879',
};

export const OPENAI_FILE: OpenaiFile = {
  id: FILE_ID,
  object: 'file',
  bytes: 37,
  created_at: 1_795_568_962,
  filename: 'notes.txt',
  purpose: 'user_data',
  status: 'processed',
};
