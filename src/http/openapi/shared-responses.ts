// Responses that many operations have alike stand once in the document, under `components`.
import type { JsonObject } from './schema-objects';

export class SharedResponses {
  /** Under the names that references use, such as `Error404_2`. */
  readonly components: Record<string, JsonObject> = {};
  readonly #references = new Map<string, JsonObject>();

  /** A reference to the response. */
  of(status: string, response: JsonObject): JsonObject {
    const text = JSON.stringify(response);
    const known = this.#references.get(text);
    if (known !== undefined) return known;
    const sameStatus = Object.keys(this.components).filter((name) =>
      name.startsWith(`Error${status}`),
    ).length;
    const name = sameStatus === 0 ? `Error${status}` : `Error${status}_${sameStatus + 1}`;
    const reference = { $ref: `#/components/responses/${name}` };
    this.components[name] = response;
    this.#references.set(text, reference);
    return reference;
  }
}
