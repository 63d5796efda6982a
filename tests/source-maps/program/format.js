// Functions of every kind that a minifier renames.

export function formatPrice(price) {
  const digits = price.currency === 'JPY' ? 0 : 2
  return price.amount.toFixed(digits) + ' ' + price.currency
}

export const formatLine = (line) => {
  const label = line.label.trim()
  return label + ': ' + formatPrice(line.price)
}

export const templates = {
  receipt(lines) {
    let text = ''
    for (const line of lines) {
      text += formatLine(line) + '\n'
    }
    return text
  },
  short: function (lines) {
    return lines.map((line) => formatLine(line)).join(', ') // in short
  },
}

export function deep(level) {
  if (level === 0) {
    return templates.receipt([{ label: 'Total', price: null }])
  }
  return deep(level - 1)
}
