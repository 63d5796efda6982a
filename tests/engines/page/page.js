// The script of the page: the client, functions whose names must appear in stacks, and a list of uncaught errors.

import { MCPClient } from './mcp-autoheal.js';

window.MCPClient = MCPClient;

// The uncaught errors of the page. Failures of calls and reports must not appear here.
window.uncaughtErrors = [];
addEventListener('error', (event) => uncaughtErrors.push(String(event.message)));
addEventListener('unhandledrejection', (event) => uncaughtErrors.push(`unhandled: ${event.reason}`));

/** The outcome of a promise, as data. */
window.outcomeOf = async (promise) => {
  try {
    return { value: await promise };
  } catch (error) {
    const { name, code, message, data, stack, cause } = error;
    return { name, code, message, data, stack, cause: cause?.name, isError: error instanceof Error };
  }
};

/** Calls a function of this page in a new task, so that the driver of the browser is not on its stack. */
window.press = (name, client) =>
  new Promise((resolve) => {
    const button = buttons[name];
    setTimeout(function handlePress() {
      const promise = button(client);
      outcomeOf(promise).then(resolve);
    });
  });

const buttons = { plain: pressPlain, async: pressAsync, later: pressLater, batch: pressBatch };

// Results are assigned before they are returned, because WebKit replaces the frame of a function by that of a tail
// call. The innermost of these functions makes the call, at the line that ends with its name.
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

/** After another await, the callers are no longer on the stack. */
async function pressLater(client) {
  await new Promise((resume) => setTimeout(resume));
  const receipt = await checkOutAsync(client);
  return receipt;
}

async function pressBatch(client) {
  const [only] = await client.batch([{ method: 'total_price' }]); // pressBatch
  throw only.reason;
}

/** Functions that cause an uncaught error in a new task. */
window.accidents = {
  thrown: () => setTimeout(breakDown),
  rejected: () => setTimeout(forget),
  shape: () => setTimeout(throwShape),
  nothing: () => setTimeout(throwNothing),
};

function throwShape() {
  throw { code: 'E_QUOTA', status: 507 }; // throwShape
}

function throwNothing() {
  throw undefined; // throwNothing
}

function breakDown() {
  throw new RangeError('the shelf broke'); // breakDown
}

async function forget() {
  throw new Error('the order was forgotten'); // forget
}

/** An error of the page with several causes. */
window.createError = function createError() {
  const causes = new AggregateError([noCup(), new Error('no water', { cause: 'no well' })], 'nothing');
  const error = new Error('no tea', { cause: causes }); // createError
  return error;
};

function noCup() {
  const missing = new TypeError('no cup'); // noCup
  return missing;
}
