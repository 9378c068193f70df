// JSON with base64 of many bytes inside, as the body of a request: encoded as it is sent, piece by piece. As texts, 20 MiB
// would be in memory five times over, and an isolate has 128 MB for all its requests.

const ENCODER = new TextEncoder();

/** What is encoded at once. Without padding, since it is a multiple of three. */
const PIECE_BYTES = 192 * 1024;

/** The text for bytes in a JSON: their base64, or what stands in for it. */
export type Encode = (bytes: Uint8Array) => string;

/** What stands in the body: bytes of the JSON's text as they are, or others in base64. */
interface Part {
  bytes: Uint8Array;
  isEncoded: boolean;
}

export class LateBase64 {
  /** Nobody's text has it. Made with the first stand-in, which most requests do not have. */
  #mark = '';
  readonly #all: Uint8Array[] = [];

  /** A text to be put where the base64 of the bytes is to stand. */
  standIn(bytes: Uint8Array): string {
    this.#mark ||= crypto.randomUUID();
    this.#all.push(bytes);
    return `${this.#mark}-${this.#all.length - 1}.`;
  }

  /** The body of a request: the JSON, with every stand-in replaced. */
  body(json: string): BodyInit {
    if (this.#all.length === 0) return json;
    // Texts, and between them the numbers of what stands there.
    const parts = json.split(new RegExp(`${this.#mark}-(\\d+)\\.`)).map((part, index): Part => {
      return index % 2 === 0
        ? { bytes: ENCODER.encode(part), isEncoded: false }
        : { bytes: this.#all[Number(part)] ?? new Uint8Array(), isEncoded: true };
    });
    const length = parts.reduce((sum, part) => sum + lengthOf(part), 0);
    const pieces = piecesOf(parts);
    const stream = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          const { done, value } = pieces.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
      },
      { highWaterMark: 0 },
    );
    return stream.pipeThrough(new FixedLengthStream(length));
  }
}

function* piecesOf(parts: readonly Part[]): Generator<Uint8Array> {
  for (const { bytes, isEncoded } of parts) {
    if (!isEncoded) {
      yield bytes;
      continue;
    }
    for (let from = 0; from < bytes.byteLength; from += PIECE_BYTES) {
      yield ENCODER.encode(bytes.subarray(from, from + PIECE_BYTES).toBase64());
    }
  }
}

function lengthOf({ bytes: { byteLength }, isEncoded }: Part): number {
  return isEncoded ? Math.ceil(byteLength / 3) * 4 : byteLength;
}
