// The official JSON-Schema-Test-Suite, where a copy of it lies beside the project; skipped where none does.
// Schemas that refer to remote ones get these bundled, as 2020-12 section 9.3 describes: nothing is ever fetched.
import { describe, expect, it } from 'vitest';
import { type JsonSchema, validate } from '../../src/completions/json-schema';
import { ApiError } from '../../src/contract/errors';

interface Group {
  description: string;
  schema: JsonSchema | boolean;
  tests: { description: string; data: unknown; valid: boolean }[];
}

interface Draft {
  folder: string;
  dialect: string;
  /** Where schemas for reference alone stand. */
  definitions: '$defs' | 'definitions';
  /** The suite at the commit this was written for. */
  total: number;
  /** Groups that are not decided as the suite wants, and how many tests they hold. */
  exceptions: Record<string, number>;
}

const DRAFTS: Draft[] = [
  {
    folder: 'draft2020-12',
    dialect: 'https://json-schema.org/draft/2020-12/schema',
    definitions: '$defs',
    total: 1299,
    exceptions: {
      // A $ref to the metaschema is remote.
      'defs.json: validate definition against metaschema': 2,
      'ref.json: remote ref, containing refs itself': 2,
      // A metaschema of the client's own would be one for every client.
      'vocabulary.json: ignore unrecognized optional vocabulary': 2,
      'vocabulary.json: schema that uses custom metaschema with with no validation vocabulary': 3,
    },
  },
  {
    folder: 'draft7',
    dialect: 'http://json-schema.org/draft-07/schema#',
    definitions: 'definitions',
    total: 927,
    exceptions: {
      'definitions.json: validate definition against metaschema': 2,
      'ref.json: remote ref, containing refs itself': 2,
      // Left to hyperjump: a $ref across an embedded $id, and an $id that a $ref beside it switches off.
      'refRemote.json: base URI change - change folder in subschema': 2,
      'ref.json: $ref prevents a sibling $id from changing the base uri': 2,
    },
  },
];

const SUITE = import.meta.glob('../../../shared/json-schema-test-suite/tests/*/*.json', {
  eager: true,
  query: '?raw',
  import: 'default',
});
const REMOTES = import.meta.glob('../../../shared/json-schema-test-suite/remotes/**/*.json', {
  eager: true,
  query: '?raw',
  import: 'default',
});

/** The address the suite's remote schemas stand at. */
const REMOTE_ORIGIN = 'http://localhost:1234/';

const remotes = new Map<string, JsonSchema>(
  Object.entries(REMOTES).map(([path, text]) => [
    REMOTE_ORIGIN + path.split('/remotes/')[1],
    JSON.parse(text),
  ]),
);

async function outcome(schema: JsonSchema, data: unknown): Promise<boolean | ApiError> {
  try {
    return (await validate(schema, data)).valid;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

/** The suite's schema as a document of its own that holds every remote schema it asks for. */
async function bundled({ schema }: Group, { dialect, definitions }: Draft): Promise<JsonSchema> {
  const document: JsonSchema = {
    $schema: dialect,
    ...(typeof schema === 'boolean' ? { allOf: [schema] } : schema),
  };
  const held: Record<string, unknown> = {};
  for (;;) {
    const bundle = embed(document, held, definitions);
    const address = refusedAddress(await outcome(bundle, null));
    const remote = remotes.get(address);
    if (remote === undefined || address in held) return bundle;
    held[address] = { $schema: dialect, ...remote, $id: address };
  }
}

/** The document a refused $ref points to; empty where none was refused. */
function refusedAddress(result: boolean | ApiError): string {
  if (typeof result === 'boolean' || result.detail?.[0] !== 'schema_remote_ref') return '';
  return result.detail[1].replace(/#.*/, '');
}

function embed(
  document: JsonSchema,
  held: Record<string, unknown>,
  definitions: Draft['definitions'],
): JsonSchema {
  if (Object.keys(held).length === 0) return document;
  // In draft-07 nothing beside a $ref counts: the schema becomes a part of the document then.
  if (definitions === 'definitions' && '$ref' in document) {
    const { $schema, ...rest } = document;
    return { $schema, allOf: [rest], definitions: held };
  }
  return { ...document, [definitions]: { ...(document[definitions] as object | undefined), ...held } };
}

describe.each(DRAFTS)('the official suite for $folder', (draft) => {
  const files = Object.entries(SUITE).filter(([path]) => path.includes(`/tests/${draft.folder}/`));

  it.skipIf(files.length === 0)(
    files.length === 0
      ? 'is skipped: there is no ../shared/json-schema-test-suite'
      : 'is decided as it wants, but for the named exceptions',
    async () => {
      const failures: Record<string, number> = {};
      let total = 0;
      for (const [path, text] of files) {
        for (const group of JSON.parse(text) as Group[]) {
          const schema = await bundled(group, draft);
          for (const { data, valid } of group.tests) {
            total += 1;
            if ((await outcome(schema, data)) === valid) continue;
            const name = `${path.slice(path.lastIndexOf('/') + 1)}: ${group.description}`;
            failures[name] = (failures[name] ?? 0) + 1;
          }
        }
      }
      expect(failures).toEqual(draft.exceptions);
      expect(total).toBe(draft.total);
    },
  );
});
