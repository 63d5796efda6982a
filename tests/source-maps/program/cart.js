// A shopping cart with failures in methods, accessors and callbacks.

export class Cart {
  #lines = []

  constructor(lines) {
    if (!Array.isArray(lines)) {
      throw new TypeError('lines must be a list')
    }
    this.#lines = lines
  }

  get first() {
    return this.#lines[0].price.amount
  }

  total() {
    return this.#lines.reduce((sum, line) => {
      const price = line.price
      return sum + price.amount * line.quantity // in total
    }, 0)
  }

  static parse(text) {
    const lines = JSON.parse(text)
    return new Cart(lines.items)
  }

  async checkout(send) {
    const response = await send(this.total())
    if (!response.accepted) {
      throw new Error('payment refused: ' + response.reason)
    }
    return response.receipt
  }
}
