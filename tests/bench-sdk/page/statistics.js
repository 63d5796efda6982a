// Medians and other quantiles.

/** The value below which this share of the values lies. */
export function quantile(values, share) {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** The middle value. */
export function median(values) {
  return quantile(values, 0.5);
}
