// All operations of the API, in the order of the reference.
import type { Operation } from './operation';
import { adminOperations } from './operations/admin';
import { batchOperations } from './operations/batches';
import { chatOperations } from './operations/chat';
import { fileOperations } from './operations/files';
import { modelOperations } from './operations/models';
import { openaiBatchOperations } from './operations/openai-batches';
import { serviceOperations } from './operations/service';
import { uploadOperations } from './operations/uploads';
import { usageOperations } from './operations/usage';
import { webhookOperations } from './operations/webhooks';

/** Made anew at each call: nothing of it stands in memory when a Worker starts. */
export const allOperations = (): Operation[] => [
  ...chatOperations(),
  ...modelOperations(),
  ...fileOperations(),
  ...uploadOperations(),
  ...batchOperations(),
  ...openaiBatchOperations(),
  ...webhookOperations(),
  ...usageOperations(),
  ...adminOperations(),
  ...serviceOperations(),
];
