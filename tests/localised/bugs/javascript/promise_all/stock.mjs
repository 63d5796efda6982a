const shelves = new Map([['tea', { count: 9 }]]);

async function shelfOf(sku) {
  return shelves.get(sku);
}

export async function reserve(sku, count) {
  const shelf = await shelfOf(sku);
  if (shelf.count < count) return false;
  shelf.count -= count;
  return true;
}
