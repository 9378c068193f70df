// `npm run fuzz`: loads the fuzzer through Vite, since the OpenAPI document it reads imports as bundlers allow.
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

await runnerImport(fileURLToPath(new URL('main.ts', import.meta.url)));
