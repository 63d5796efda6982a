function compare(a, b) {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return a.localeCompare(String(b));
}

/** The rows in the order of one column. */
export function sortBy(rows, column) {
  return [...rows].sort((one, other) => compare(one[column], other[column]));
}
