// The fields beside the file in a file's form, in any order, each checked as soon as it is read.
import type * as z from 'zod';
import { type UploadPurpose, uploadFields } from '../contract/files';
import { parseOrThrow } from '../contract/validation';
import { missingField, repeatedField, unknownField } from './form-request';

/** The fields of one form, collected part by part. */
export class UploadFields {
  readonly #texts: Record<string, string> = {};
  #values: z.output<typeof uploadFields> = {};

  /**
   * Whether a part may come now, before its value is read.
   *
   * @throws ApiError `invalid_request` for an unknown or repeated field
   */
  expect(name: string): void {
    if (!Object.hasOwn(uploadFields.shape, name)) throw unknownField(name);
    if (Object.hasOwn(this.#texts, name)) throw repeatedField(name);
  }

  /** @throws ApiError `invalid_request` where the value is not one the field takes */
  set(name: string, text: string): void {
    this.#texts[name] = text;
    this.#values = parseOrThrow(uploadFields, this.#texts);
  }

  /** The purpose as far as the form has been read: null while it may still come. */
  get purposeSoFar(): UploadPurpose | null {
    return this.#values.purpose ?? null;
  }

  /**
   * What the whole form says.
   *
   * @throws ApiError `invalid_request` where half of `expires_after` is missing
   */
  complete(): { purpose: UploadPurpose; expiresAfterSeconds: number | null } {
    const anchor = this.#values['expires_after[anchor]'];
    const seconds = this.#values['expires_after[seconds]'];
    if (anchor !== undefined && seconds === undefined) throw missingField('expires_after[seconds]');
    if (anchor === undefined && seconds !== undefined) throw missingField('expires_after[anchor]');
    return { purpose: this.#values.purpose ?? 'assistants', expiresAfterSeconds: seconds ?? null };
  }
}
