// Bugs of orders: numbers, dates, JSON, requests and errors of the program's own.

import { keep } from './cart.js';

export class QuotaError extends Error {
  constructor(message) {
    super(message);
    this.name = 'QuotaError';
  }
}

export function reserve(number) {
  throw new QuotaError(`tenant ${number} is over its quota`);
}

export function ship(number) {
  throw new Error(`no carrier for parcel ${number}`);
}

export function bill(number) {
  throw new Error(`invoice ${number} is empty`);
}

export function parseProfile(number) {
  const profile = JSON.parse(`<html>${number}`);
  keep(profile);
  return profile;
}

export function parseStock() {
  const stock = JSON.parse('');
  keep(stock);
  return stock;
}

export function deadline() {
  const text = new Date('never').toISOString();
  keep(text);
  return text;
}

export function tailPad(number) {
  return '-'.repeat(-number);
}

export function formatAmount(number) {
  const text = (1.5).toFixed(number + 1000);
  keep(text);
  return text;
}

export function allocate() {
  const list = new Array(-1);
  keep(list);
  return list;
}

export function walk(node) {
  const depth = walk({ parent: node }) + 1;
  keep(depth);
  return depth;
}

export function unknownName() {
  const price = unknownPrice + 1;
  keep(price);
  return price;
}

export function parseAddress(number) {
  const url = new URL(`shop ${number}`);
  keep(url);
  return url;
}

export async function fetchOrder(number) {
  const response = await fetch(`http://127.0.0.1:1/orders/${number}`);
  keep(response);
  return response;
}

export async function loadOrder(number) {
  await null;
  const order = [undefined][number % 1];
  const customer = order.customer;
  keep(customer);
  return customer;
}

export function decodeName(number) {
  const name = decodeURIComponent(`%E0%${number % 10}`);
  keep(name);
  return name;
}

export function findPanel(number) {
  const panel = document.querySelector(`#panel${number}`).children;
  keep(panel);
  return panel;
}

export function selectPanel(number) {
  const panel = document.querySelector(`#${number}`);
  keep(panel);
  return panel;
}

export function toNumber(number) {
  const big = BigInt(`${number}.5`);
  keep(big);
  return big;
}
