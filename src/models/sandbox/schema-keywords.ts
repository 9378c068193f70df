// Reading a JSON Schema that came as plain JSON: typed access to keywords, and references within the document.
import type { Effort } from './effort';

export type SchemaObject = Record<string, unknown>;
export type JsonSchema = SchemaObject | boolean;

export function isObject(value: unknown): value is SchemaObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A subschema; what is absent or no schema at all allows everything. */
export function schemaAt(value: unknown): JsonSchema {
  return typeof value === 'boolean' || isObject(value) ? value : true;
}

/** A keyword's number, or null. */
export function numberAt(schema: SchemaObject, keyword: string): number | null {
  const value = schema[keyword];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** A keyword's list, empty where it is none. */
export function listAt(schema: SchemaObject, keyword: string): unknown[] {
  const value = schema[keyword];
  return Array.isArray(value) ? value : [];
}

/** A keyword's members, empty where it is no object. */
export function membersAt(schema: SchemaObject, keyword: string): SchemaObject {
  const value = schema[keyword];
  return isObject(value) ? value : {};
}

/** Finding an anchor looks at every node of the document: cheap, but not free. */
const NODE_STEPS = 0.02;

/** What a `$ref` within the document points to: by JSON pointer, by anchor or by `$id`. Unknown ones allow everything. */
export function resolveReference(root: SchemaObject, reference: string, effort: Effort): JsonSchema {
  const fragment = reference.startsWith('#') ? reference.slice(1) : null;
  if (fragment === '') return root;
  if (fragment?.startsWith('/')) return schemaAt(atPointer(root, fragment));
  return findNamed(root, reference, fragment, effort) ?? true;
}

/** RFC 6901, in its URI fragment form. */
function atPointer(root: SchemaObject, pointer: string): unknown {
  let place: unknown = root;
  for (const token of pointer.slice(1).split('/')) {
    const name = decoded(token).replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof place !== 'object' || place === null || !Object.hasOwn(place, name)) return undefined;
    place = (place as SchemaObject)[name];
  }
  return place;
}

function decoded(token: string): string {
  try {
    return decodeURIComponent(token);
  } catch {
    return token;
  }
}

function findNamed(
  root: SchemaObject,
  reference: string,
  anchor: string | null,
  effort: Effort,
): SchemaObject | null {
  const open: unknown[] = [root];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    effort.spend(NODE_STEPS);
    if (typeof place !== 'object' || place === null) continue;
    if (isObject(place)) {
      const isNamed =
        anchor === null
          ? place.$id === reference
          : place.$anchor === anchor || place.$dynamicAnchor === anchor;
      if (isNamed) return place;
    }
    open.push(...Object.values(place).filter((part) => part !== undefined));
  }
  return null;
}
