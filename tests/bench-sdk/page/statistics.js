// Medians and the like.

/** The value below which the given share of all values lies. */
export function quantile(values, share) {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** The value in the middle. */
export function median(values) {
  return quantile(values, 0.5);
}
