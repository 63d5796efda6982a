// Preloaded into a server that would listen on all interfaces, so that it listens only on the loopback interface.

import { Server } from 'node:net';

const { listen } = Server.prototype;
Server.prototype.listen = function listenOnLoopback(first, ...rest) {
  const port = typeof first === 'object' ? first?.port : first;
  const listening = rest.find((each) => typeof each === 'function') ?? (() => {});
  return listen.call(this, { port: Number(port), host: '127.0.0.1' }, listening);
};
