// Adds up the JSON reports vitest wrote into a folder and prints `N passed, N failed`. Fails unless tests ran and all
// passed. It runs on any Node, since the install may be what failed.
import { readdirSync, readFileSync } from 'node:fs';

const folder = process.argv[2] ?? 'reports';
let passed = 0;
let failed = 0;
for (const name of readdirSync(folder).filter((entry) => entry.endsWith('.json'))) {
  for (const file of JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')).testResults) {
    const failures = file.assertionResults.filter(({ status }) => status === 'failed').length;
    passed += file.assertionResults.filter(({ status }) => status === 'passed').length;
    // A file that could not be loaded or set up has no failed test, and yet it failed.
    failed += file.status === 'failed' ? Math.max(1, failures) : failures;
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = passed > 0 && failed === 0 ? 0 : 1;
