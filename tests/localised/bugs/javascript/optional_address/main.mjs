import { labels } from './label.mjs';

const orders = [
  { id: 1, customer: { name: 'Ada', address: { city: 'Paris' } } },
  { id: 2, customer: { name: 'Grace' } },
];
console.log(labels(orders).join('\n'));
