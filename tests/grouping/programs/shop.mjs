// Small failing programs in JavaScript, one for each bug: `node shop.mjs BUG NUMBER`. Bun and Deno run them too.

import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

class Cart {
  items = [{ sku: 'pot' }];

  total() {
    const prices = this.items.map((item) => item.price.amount);
    return prices.reduce((sum, amount) => sum + amount);
  }

  find(sku) {
    const item = this.items.find((other) => other.sku === sku);
    return item.sku.length;
  }
}

class QuotaError extends Error {
  name = 'QuotaError';
}

function readOrder(number) {
  const text = readFileSync(`/var/spool/shop/${number}.json`, 'utf8');
  return text;
}

function decode(text) {
  const value = JSON.parse(text);
  return value;
}

function reserve(number) {
  throw new QuotaError(`tenant ${number} is over its quota`);
}

function ship(number) {
  throw new Error(`no carrier for parcel ${number}`);
}

function bill(number) {
  throw new Error(`invoice ${number} is empty`);
}

function deadline() {
  const text = new Date('never').toISOString();
  return text;
}

function pad(number) {
  const text = '-'.repeat(-number);
  return text;
}

function round(number) {
  const text = (1.5).toFixed(number + 1000);
  return text;
}

function walk(node) {
  const next = walk({ node });
  return next;
}

function callMissing(shop) {
  const price = shop.priceOf('pot');
  return price;
}

function useUnknown() {
  const price = unknownPrice + 1;
  return price;
}

function assignConstant(number) {
  const frozen = Object.freeze({ price: 1 });
  frozen.price = number;
  return frozen;
}

function wrapped(number) {
  try {
    decode(`<p>${number}`);
  } catch (cause) {
    throw new Error(`price ${number} is unreadable`, { cause });
  }
}

async function syncOrders(number) {
  await null;
  const orders = [null][number % 1];
  const first = orders.first;
  return first;
}

async function logAndExit(number) {
  try {
    await renewLease(number);
  } catch (error) {
    console.error(`job ${number} failed:`, error);
    process.exit(1);
  }
}

async function renewLease(number) {
  await null;
  throw new Error(`lease ${number} was lost`);
}

function badUrl(number) {
  const url = new URL(`shop ${number}`);
  return url;
}

function emitError(number) {
  const feed = new EventEmitter();
  feed.emit('error', new Error(`feed ${number} closed`));
}

const bugs = {
  price: () => new Cart().total(),
  item: () => new Cart().find('cup'),
  order_file: readOrder,
  html: (number) => decode(`<html>${number}`),
  quota: reserve,
  carrier: ship,
  invoice: bill,
  date: deadline,
  repeat: pad,
  digits: round,
  recursion: walk,
  method: () => callMissing({}),
  name: useUnknown,
  constant: assignConstant,
  cause: wrapped,
  orders: syncOrders,
  lease: logAndExit,
  url: badUrl,
  emitter: emitError,
  refused: () => connect(1, '127.0.0.1'),
  rejected: (number) => Promise.reject({ code: 'E_SHELF', number }),
  module: () => import('./shop-plugin-nowhere.mjs'),
};

await bugs[process.argv[2]](Number(process.argv[3]));
