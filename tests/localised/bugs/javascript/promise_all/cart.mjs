import { reserve } from './stock.mjs';

async function order(items) {
  const reserved = await Promise.all(items.map((item) => reserve(item.sku, item.count)));
  return reserved.filter(Boolean).length;
}

console.log(await order([{ sku: 'tea', count: 2 }, { sku: 'pot', count: 1 }]));
