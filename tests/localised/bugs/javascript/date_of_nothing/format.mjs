function day(text) {
  return new Date(text).toISOString().slice(0, 10);
}

export function row(order) {
  return [order.id, day(order.sent)].join(';');
}
