// nst/JSONTestSuite, where it lies beside the project: `y_` is JSON, `n_` is not, `i_` may be taken for either.
import { decodeBase64 } from '../../src/platform/base64';

const FILES = import.meta.glob(['../../../shared/json-test-suite/test_parsing/*.json', '!**/*#*'], {
  eager: true,
  query: '?url&inline',
  import: 'default',
});

/** Vite cannot import the name with a `#`. */
const UNNAMEABLE = {
  name: 'n_structure_trailing_#.json',
  bytes: Uint8Array.from(new TextEncoder().encode('{"a":"b"}#{}')),
};

export interface SuiteCase {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** All 318 cases, or none where the suite is missing. */
export const JSON_SUITE: readonly SuiteCase[] = suiteCases();

function suiteCases(): SuiteCase[] {
  const cases: SuiteCase[] = Object.entries(FILES).map(([path, url]) => ({
    name: path.slice(path.lastIndexOf('/') + 1),
    bytes: bytesOf(url),
  }));
  return cases.length === 0 ? [] : [...cases, UNNAMEABLE];
}

function bytesOf(dataUrl: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(decodeBase64(dataUrl.slice(dataUrl.indexOf(',') + 1)) ?? new Uint8Array());
}

/** A title that says where the suite is missing. */
export function suiteTitle(title: string): string {
  return JSON_SUITE.length === 0 ? `${title} is skipped: there is no ../shared/json-test-suite` : title;
}
