// Multipart bodies: well-formed ones, and what becomes of them when a byte or a line is wrong.
import type { Choice } from './choice.ts';
import { oddName, oddText } from './odd-values.ts';
import {
  BAD_BATCH_INPUT,
  BATCH_INPUT,
  REFUSED_SAMPLES,
  SAMPLES,
  type Sample,
  UPLOAD_PARTS,
} from './samples.ts';

export interface FormBody {
  type: string;
  bytes: Buffer;
}

interface FormPart {
  name: string;
  filename?: string;
  type?: string;
  content: Buffer;
}

const BOUNDARY = 'fuzz-boundary-7d1';

/** The form of an upload or of an upload's part. */
export function validForm(field: 'file' | 'data', choice: Choice): FormBody {
  if (field === 'data')
    return formOf([filePart('data', { filename: 'part', type: '', bytes: choice.pick(UPLOAD_PARTS) })]);
  const isInput = choice.chance(0.3);
  const sample = isInput ? choice.pick([BATCH_INPUT, BAD_BATCH_INPUT]) : choice.pick(SAMPLES);
  const purpose =
    isInput || sample === BATCH_INPUT ? 'batch' : choice.pick(['assistants', 'vision', 'user_data', 'evals']);
  const parts: FormPart[] = [{ name: 'purpose', content: Buffer.from(purpose) }];
  if (choice.chance(0.2)) {
    parts.push({ name: 'expires_after[anchor]', content: Buffer.from('created_at') });
    parts.push({ name: 'expires_after[seconds]', content: Buffer.from('3600') });
  }
  parts.splice(choice.int(0, parts.length), 0, filePart('file', sample));
  return formOf(parts);
}

/** A form with something wrong in it, or merely odd. */
export function oddForm(field: 'file' | 'data', choice: Choice): FormBody {
  const sample = choice.pick([...SAMPLES, ...REFUSED_SAMPLES]);
  const file = filePart(field, sample);
  const extra = { name: oddName(choice), content: Buffer.from(oddText(choice)) };
  const form = choice.weighted<() => FormBody>([
    [3, () => formOf([{ ...file, filename: oddText(choice) }])],
    [2, () => formOf([file])],
    [2, () => formOf([file, extra])],
    [2, () => formOf([extra, { name: 'purpose', content: Buffer.from(oddText(choice)) }, file])],
    [1, () => formOf([file, file])],
    [1, () => formOf([])],
    [
      1,
      () =>
        formOf([
          { ...file, type: choice.pick(['text/plain', 'image/png', 'application/json', 'nonsense', '/']) },
        ]),
    ],
    [1, () => formOf([{ name: field, content: sample.bytes }])],
  ])();
  return choice.chance(0.5) ? damagedForm(form, choice) : form;
}

function damagedForm({ type, bytes }: FormBody, choice: Choice): FormBody {
  const at = choice.int(0, bytes.length);
  return choice.weighted<() => FormBody>([
    [3, () => ({ type, bytes: bytes.subarray(0, at) })],
    [
      2,
      () => ({
        type,
        bytes: Buffer.concat([bytes.subarray(0, at), Buffer.from([choice.int(0, 255)]), bytes.subarray(at)]),
      }),
    ],
    [
      1,
      () => ({
        type: choice.pick([
          'multipart/form-data',
          'multipart/form-data; boundary=',
          'multipart/mixed; boundary=x',
          'application/json',
          '',
        ]),
        bytes,
      }),
    ],
    [
      1,
      () => ({ type: `multipart/form-data; boundary="${'b'.repeat(choice.pick([1, 70, 71, 500]))}"`, bytes }),
    ],
    [1, () => ({ type, bytes: Buffer.from(bytes.toString('latin1').replaceAll('\r\n', '\n'), 'latin1') })],
    [1, () => ({ type, bytes: Buffer.alloc(0) })],
  ])();
}

function filePart(name: string, { filename, type, bytes }: Sample): FormPart {
  return { name, filename, type, content: bytes };
}

function formOf(parts: readonly FormPart[]): FormBody {
  const pieces = parts.flatMap(({ name, filename, type, content }) => [
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${quoted(name)}"`,
    filename === undefined ? '' : `; filename="${quoted(filename)}"`,
    type ? `\r\nContent-Type: ${type}` : '',
    '\r\n\r\n',
    content,
    '\r\n',
  ]);
  const bytes = Buffer.concat([
    ...pieces.map((piece) => Buffer.from(piece)),
    Buffer.from(`--${BOUNDARY}--\r\n`),
  ]);
  return { type: `multipart/form-data; boundary=${BOUNDARY}`, bytes };
}

/** As browsers write it (HTML, "multipart form data"); sometimes other bytes come through, which is the point. */
function quoted(name: string): string {
  return name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
