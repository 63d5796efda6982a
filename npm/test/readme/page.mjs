// Plays the page the README's examples run in: relative addresses and made-up ones lead to the test's server.

const { fetch } = globalThis;

globalThis.fetch = (input, options) => {
  const { protocol, pathname, search } = new URL(input, 'https://shop.example');
  return fetch(protocol === 'https:' ? new URL(pathname + search, process.env.SHOP) : input, options);
};

// Examples end by themselves. One that does not is ended, so that it does not outlive the test.
const LONGEST = 20_000;
const outstay = () => {
  console.error(`the examples still run after ${LONGEST} ms`);
  process.exit(1);
};
setTimeout(outstay, LONGEST).unref();
