// Random numbers and ids.

import { attempted, read } from './type-checks.js';

/** Random numbers in advance, because getting them for each call would cost more than the rest of its traceparent. */
const numbers = [];

/** 64 random bits in hexadecimal digits. */
export function randomDigits() {
  if (!numbers.length) {
    const random = attempted(() => globalThis.crypto.getRandomValues(new BigUint64Array(96)));
    // Imitations of a browser may lack `crypto`, or parts of it, or return something else.
    const isRandom = typeof read(random, 95) === 'bigint' && random[94] !== random[95];
    numbers.push(...(isRandom ? random : [Math.floor(Math.random() * 2 ** 53)]));
  }
  return numbers.pop().toString(16).padStart(16, '0');
}

/**
 * A UUID of version 7, which begins with the time, because a store keeps ids in their order, and random ones cost it a
 * page each. Insecure pages have no `crypto.randomUUID`.
 */
export function newId() {
  const digits = Date.now().toString(16).padStart(12, '0') + randomDigits() + randomDigits();
  return digits.slice(0, 30).replace(/(.{8})(.{4})(.{3})(.{3})/, '$1-$2-7$3-8$4-');
}
