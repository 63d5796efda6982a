// Bugs of a shopping cart. `keep` comes before each return, because WebKit drops the frame of a function that ends with a
// call, also with one that a minifier made the last; `tail` in a name marks functions that do end with one.

export function keep(value) {
  window.kept = value;
}

export function cartTotal(cart) {
  const total = cart.summary.total;
  keep(total);
  return total;
}

export function cartLabel(cart) {
  const label = cart.header.label;
  keep(label);
  return label;
}

export function firstItem(items) {
  const name = items[0].name;
  keep(name);
  return name;
}

export function applyDiscount(cart) {
  const reduced = cart.discount(0.5);
  keep(reduced);
  return reduced;
}

export function shippingCost(cart) {
  const { country } = cart.address;
  keep(country);
  return country;
}

export function countItems(cart) {
  let count = 0;
  for (const item of cart.items) count += item.amount;
  keep(count);
  return count;
}

export class Voucher {
  constructor(code) {
    this.code = code;
  }

  redeem() {
    const value = this.campaign.value;
    keep(value);
    return value;
  }
}

export function setPrice(price) {
  const item = Object.freeze({ price: 1 });
  item.price = price;
  keep(item);
  return item;
}

export function tailTotal(cart) {
  return cartSum(cart.lines);
}

function cartSum(lines) {
  const sum = lines.reduce((total, line) => total + line.price.amount, 0);
  keep(sum);
  return sum;
}
