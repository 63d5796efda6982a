import { EventEmitter } from 'node:events';
import { readBody } from './body.mjs';

const requests = new EventEmitter();
requests.on('request', (request) => {
  const body = readBody(request);
  console.log(body.items.length);
});

requests.emit('request', { headers: { 'content-type': 'application/json' }, body: { items: [1, 2] } });
