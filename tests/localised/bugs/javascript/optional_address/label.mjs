function label(order) {
  const { name, address } = order.customer;
  return `${name}, ${address.city}`;
}

export function labels(orders) {
  return orders.map(label);
}
