import { row } from './format.mjs';

for (const order of [{ id: 1, sent: '2026-03-01' }, { id: 2, sent: 'soon' }]) console.log(row(order));
