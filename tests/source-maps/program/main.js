// The scenarios: each fails in another way. The recorder runs them in the sources and in every bundle.

import { Cart } from './cart.js'
import { deep, formatLine, templates } from './format.js'
import { createStore, reduceItems } from './store.js'

const line = { label: 'Tea', quantity: 2, price: { amount: 3, currency: 'EUR' } }

const attempts = []

globalThis.scenarios = {
  method() {
    return new Cart([line, { quantity: 1 }]).total()
  },
  constructed() {
    return new Cart('not a list')
  },
  getter() {
    return new Cart([{ quantity: 1 }]).first
  },
  parsed() {
    return Cart.parse('{"items": 7}')
  },
  async awaited() {
    const cart = new Cart([line])
    if (attempts.includes(cart)) {
      throw new Error('a second attempt')
    }
    return await cart.checkout(async () => ({ accepted: false, reason: 'no funds' }))
  },
  arrow() {
    return formatLine({ label: 'Tea' })
  },
  member() {
    return templates.receipt([line, { label: 'Tea', price: { currency: 'EUR' } }])
  },
  callback() {
    return templates.short([line, { price: line.price }])
  },
  recursion() {
    return deep(3)
  },
  reducer() {
    const store = createStore(reduceItems)
    store.dispatch({ type: 'add', item: { id: 1, name: 'tea' } })
    return store.dispatch({ type: 'rename', id: 1 })
  },
  listener() {
    const store = createStore(reduceItems)
    store.subscribe(function onChange(items) {
      document.title = items.length
    })
    return store.dispatch({ type: 'add', item: { id: 2 } })
  },
  promised() {
    return Promise.resolve({ user: null }).then((session) => {
      return session.user.name // in promised
    })
  },
}
