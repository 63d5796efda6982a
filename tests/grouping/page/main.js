// The page: `run(bug, number)` runs one bug in a task of its own and resolves to its error.

import * as cart from './cart.js';
import * as orders from './orders.js';

const bugs = {
  total: () => cart.cartTotal({}),
  label: () => cart.cartLabel({}),
  first: () => cart.firstItem([]),
  discount: () => cart.applyDiscount({}),
  country: () => cart.shippingCost({}),
  items: () => cart.countItems({ items: 3 }),
  voucher: (number) => new cart.Voucher(number).redeem(),
  frozen: (number) => cart.setPrice(number),
  tail_total: () => cart.tailTotal({ lines: [{}] }),
  quota: orders.reserve,
  carrier: orders.ship,
  invoice: orders.bill,
  html: orders.parseProfile,
  empty: orders.parseStock,
  date: orders.deadline,
  tail_repeat: orders.tailPad,
  digits: orders.formatAmount,
  length: orders.allocate,
  recursion: () => orders.walk({}),
  name: orders.unknownName,
  url: orders.parseAddress,
  fetch: orders.fetchOrder,
  order: orders.loadOrder,
  uri: orders.decodeName,
  panel: orders.findPanel,
  selector: orders.selectPanel,
  bigint: orders.toNumber,
};

window.bugs = Object.keys(bugs);
window.run = (bug, number) =>
  new Promise((resolve) => {
    setTimeout(async function handlePress() {
      try {
        const value = await bugs[bug](number);
        resolve({ value: String(value) });
      } catch (error) {
        resolve({ name: error.name, message: error.message, stack: error.stack });
      }
    });
  });
