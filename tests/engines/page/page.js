// What the page itself has: the client, functions whose names must be found in stacks, and a list of complaints.

import { MCPClient } from './mcp-autoheal.js';

window.MCPClient = MCPClient;

// Whatever reached the page as an uncaught error: no failure of a call or of a report may.
window.complaints = [];
addEventListener('error', (event) => complaints.push(String(event.message)));
addEventListener('unhandledrejection', (event) => complaints.push(`unhandled: ${event.reason}`));

/** What became of a promise, as data. */
window.told = async (promise) => {
  try {
    return { value: await promise };
  } catch (error) {
    const { name, code, message, data, stack, cause } = error;
    return { name, code, message, data, stack, cause: cause?.name, isError: error instanceof Error };
  }
};

/** Presses a button of this page in a task of its own: whoever drives the browser is not on its stack. */
window.press = (name, client) =>
  new Promise((resolve) => {
    const button = buttons[name];
    setTimeout(function handlePress() {
      const outcome = button(client);
      told(outcome).then(resolve);
    });
  });

const buttons = { plain: pressPlain, async: pressAsync, later: pressLater, batch: pressBatch };

// Results are named before they are returned: strict code may replace a function's frame by that of its last call, and
// WebKit does. The innermost of these functions makes the call, on the line that ends with its name.
function pressPlain(client) {
  const receipt = checkOut(client);
  return receipt;
}

function checkOut(client) {
  const price = client.callTool('total_price', { sku: 'POT-2' }); // checkOut
  return price;
}

async function pressAsync(client) {
  const receipt = await checkOutAsync(client);
  return receipt;
}

async function checkOutAsync(client) {
  const price = await client.callTool('total_price', { sku: 'POT-2' }); // checkOutAsync
  return price;
}

/** After something else was awaited nobody who called stands on the stack any more. */
async function pressLater(client) {
  await new Promise((resume) => setTimeout(resume));
  const receipt = await checkOutAsync(client);
  return receipt;
}

async function pressBatch(client) {
  const [only] = await client.batch([{ method: 'total_price' }]); // pressBatch
  throw only.reason;
}

/** What goes wrong in the page itself, in a task of its own, and is caught by nobody. */
window.accidents = { thrown: () => setTimeout(breakDown), rejected: () => setTimeout(forget) };

function breakDown() {
  throw new RangeError('the shelf broke'); // breakDown
}

async function forget() {
  throw new Error('the order was forgotten'); // forget
}

/** An error of the page's own, which was caused by several. */
window.complain = function complain() {
  const several = new AggregateError([noCup(), new Error('no water', { cause: 'no well' })], 'nothing');
  const complaint = new Error('no tea', { cause: several }); // complain
  return complaint;
};

function noCup() {
  const missing = new TypeError('no cup'); // noCup
  return missing;
}
