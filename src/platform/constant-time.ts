// Comparing secrets so that the time it takes tells nothing of them.

/** Whether two texts are the same. Digests are compared, so that not even a difference in length shows. */
export async function sameText(a: string, b: string): Promise<boolean> {
  const encoder = new TextEncoder();
  const [digestA, digestB] = await Promise.all(
    [a, b].map((text) => crypto.subtle.digest('SHA-256', encoder.encode(text))),
  );
  return digestA !== undefined && digestB !== undefined && crypto.subtle.timingSafeEqual(digestA, digestB);
}
