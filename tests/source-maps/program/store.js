// State with subscribers, as applications have it: closures within functions.

export function createStore(reduce) {
  let state = reduce(undefined, { type: 'start' })
  const listeners = new Set()

  function notify(action) {
    for (const listener of listeners) {
      listener(state, action)
    }
  }

  return {
    subscribe(listener) {
      listeners.add(listener)
    },
    dispatch(action) {
      state = reduce(state, action)
      notify(action)
      return state
    },
  }
}

export function reduceItems(items = [], action) {
  switch (action.type) {
    case 'add':
      return [...items, action.item]
    case 'rename':
      return items.map((item) => {
        if (item.id !== action.id) {
          return item
        }
        return { ...item, name: action.name.toUpperCase() } // in reduceItems
      })
    default:
      return items
  }
}
