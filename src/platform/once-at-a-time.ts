// Work that many ask for and that is done once at a time.

/** Runs the work, unless it runs already: then the answer is that of the run under way. */
export function onceAtATime<T>(work: () => Promise<T>): () => Promise<T> {
  let underWay: Promise<T> | null = null;
  return () => {
    underWay ??= work().finally(() => {
      underWay = null;
    });
    return underWay;
  };
}
