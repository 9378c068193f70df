// What files are for, as the contract lists it: its own lists stand beside zod schemas, which the console does without.
import type { FilePurpose, UploadPurpose } from '../../contract/files';

/** Tables and not lists: a purpose that is forgotten does not compile. */
const UPLOADABLE: Record<UploadPurpose, true> = {
  user_data: true,
  batch: true,
  vision: true,
  assistants: true,
  evals: true,
  'fine-tune': true,
};

export const UPLOAD_PURPOSES = Object.keys(UPLOADABLE) as UploadPurpose[];
export const FILE_PURPOSES: FilePurpose[] = [...UPLOAD_PURPOSES, 'batch_output'];
