// Turns an ApiError into the `error` object a client reads, in its language.
import type { ApiError, ErrorBody } from '../errors';
import { type Detail, en, type Messages } from './en';
import { ko } from './ko';

const LOCALES = { en, ko } as const satisfies Record<string, Messages>;

export type Locale = keyof typeof LOCALES;

/** The locale an `Accept-Language` header prefers: Korean where it ranks above English, else English. */
export function preferredLocale(acceptLanguage: string | undefined): Locale {
  let best: { locale: Locale; quality: number } = { locale: 'en', quality: 0 };
  for (const entry of (acceptLanguage ?? '').split(',')) {
    const [tag = '', ...parameters] = entry.toLowerCase().split(/[ \t]*;[ \t]*/);
    const language = tag.trim().split('-')[0];
    const weight = parameters.find((parameter) => parameter.startsWith('q='));
    const quality = weight === undefined ? 1 : Number(weight.slice(2)) || 0;
    if ((language === 'en' || language === 'ko') && quality > best.quality) {
      best = { locale: language, quality };
    }
  }
  return best.locale;
}

/**
 * The whole message: the base message, or what is missing, made specific by the detail. The base message of
 * `file_too_large` names a limit; a detail names another, and stands alone.
 */
export function errorMessage(error: ApiError, locale: Locale): string {
  const messages = LOCALES[locale];
  if (error.type === 'file_too_large' && error.detail !== null) return detailMessage(messages, error.detail);
  const base = error.missing === null ? messages.base[error.type] : messages.missing[error.missing];
  return error.detail === null ? base : `${base}: ${detailMessage(messages, error.detail)}`;
}

/** What is specific in a message, for a sentence that has a beginning of its own; the whole message where nothing is. */
export function specificMessage(error: ApiError, locale: Locale): string {
  return error.detail === null ? errorMessage(error, locale) : detailMessage(LOCALES[locale], error.detail);
}

/** The `error` object, without the internal cause. */
export function errorBody(error: ApiError, locale: Locale, requestId?: string): ErrorBody {
  return {
    type: error.type,
    code: error.code,
    message: errorMessage(error, locale),
    param: error.param,
    ...(requestId !== undefined && { request_id: requestId }),
    ...(error.provider && { provider: error.provider }),
  };
}

function detailMessage(messages: Messages, [key, ...values]: Detail): string {
  // The catalogue's type ties each key to its values; TypeScript cannot follow that through a union of tuples.
  const sentence = messages.detail[key] as (...values: unknown[]) => string;
  return sentence(...values);
}
