export function parseRow(line) {
  const [sku, count] = line.split(';');
  return { sku: sku.trim(), count: Number.parseInt(count.trim(), 10) };
}
