// Every limit a client can meet, with its unit in the name. docs/limits.md lists them for people.

/** Base64 of a 15 MB image fits; 20 MiB parsed stays far below a Worker's 128 MB of memory. */
export const CHAT_BODY_LIMIT_BYTES = 20 * 1024 ** 2;

/** Inline batches are held in memory while they are checked; a file has no such limit. */
export const INLINE_BATCH_LIMIT_BYTES = 10 * 1024 ** 2;

/** Bodies of every other JSON route: they hold a handful of short fields. */
export const JSON_BODY_LIMIT_BYTES = 64 * 1024;

/** Deeper than any real schema or tool argument; recursion over parsed JSON stays safe. */
export const JSON_DEPTH_LIMIT = 128;

/** One uploaded file. */
export const FILE_LIMIT_BYTES = 100 * 1024 ** 2;

/** A file sent in parts (the Uploads API). */
export const UPLOAD_LIMIT_BYTES = 512 * 1024 ** 2;

/** One of its parts. */
export const UPLOAD_PART_LIMIT_BYTES = 64 * 1024 ** 2;

/** As many objects as R2 deletes in one call. */
export const UPLOAD_PARTS_LIMIT = 1000;

/** How long an upload stays open. */
export const UPLOAD_LIFETIME_SECONDS = 3600;

/** How soon and how late an uploaded or an output file can be set to expire. */
export const FILE_EXPIRY_MINIMUM_SECONDS = 3600;
export const FILE_EXPIRY_MAXIMUM_SECONDS = 30 * 86_400;

/** An input file of a batch. */
export const BATCH_INPUT_LIMIT_BYTES = 200 * 1024 ** 2;

/** One input of a batch: six are held in memory at once, parsed. Larger content belongs into files. */
export const BATCH_LINE_LIMIT_BYTES = 4 * 1024 ** 2;

/** Errors reported of one input file. */
export const INPUT_ERRORS_LIMIT = 100;

export const BATCH_ITEMS_LIMIT = 50_000;

export const CUSTOM_ID_LIMIT_CHARACTERS = 512;

/** Results ride in a BatchResponse up to here; past it they are paged. */
export const INLINE_RESULTS_LIMIT_BYTES = 1024 ** 2;

/** One item's recorded answer. Six may be committed at once, in one RPC message of at most 32 MiB. */
export const ITEM_RESULT_LIMIT_BYTES = 4 * 1024 ** 2;

/** All recorded answers of a batch. An object's SQLite holds 10 GB, its other tables included. */
export const BATCH_RESULTS_LIMIT_BYTES = 8 * 1024 ** 3;

/** What a polling client is told to wait. */
export const BATCH_POLL_SECONDS = 5;

/** Where webhooks are sent. */
export const WEBHOOK_URL_LIMIT_CHARACTERS = 2048;

/** Every event costs a delivery for each of them. */
export const WEBHOOK_ENDPOINTS_LIMIT = 20;

export const LIST_LIMIT_DEFAULT = 20;
export const LIST_LIMIT_MAXIMUM = 100;

/** All content parts of one request, decoded: they are held in memory together. */
export const PARTS_LIMIT_BYTES = 20 * 1024 ** 2;

/** Any amount a client names: in nano-dollars it is still a whole number that a double can hold. */
export const MONEY_LIMIT_USD = 1_000_000;

/** A JSON Schema in a request, as its JSON text. */
export const SCHEMA_LIMIT_BYTES = 64 * 1024;
