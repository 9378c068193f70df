// The kinds of tokens in a prompt, as Google's `usageMetadata` counts them.
import { NO_MEDIA, type PromptMedia } from '../ai-sdk/convert-usage';

/** `promptTokensDetails`, one entry for each modality. Video is not among our inputs; documents count as text. */
export function googleMedia(usageMetadata: unknown): PromptMedia {
  const details = (usageMetadata as { promptTokensDetails?: unknown } | undefined)?.promptTokensDetails;
  if (!Array.isArray(details)) return NO_MEDIA;
  const tokensOf = (modality: string): number =>
    details
      .filter((detail) => detail?.modality === modality)
      .reduce((sum, { tokenCount }) => sum + (typeof tokenCount === 'number' ? tokenCount : 0), 0);
  return { image: tokensOf('IMAGE'), audio: tokensOf('AUDIO') };
}
