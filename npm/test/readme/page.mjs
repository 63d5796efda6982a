// The page of the README examples: relative and fictitious URLs lead to the server of the test.

const { fetch } = globalThis;

globalThis.fetch = (input, options) => {
  const { protocol, pathname, search } = new URL(input, 'https://shop.example');
  return fetch(protocol === 'https:' ? new URL(pathname + search, process.env.SHOP) : input, options);
};

// The examples must end by themselves. After the timeout this ends the process, so that it does not outlive the test.
const TIMEOUT = 20_000;
const end = () => {
  console.error(`the examples still run after ${TIMEOUT} ms`);
  process.exit(1);
};
setTimeout(end, TIMEOUT).unref();
