// JSON that a person can read and git can compare: objects that fit on a line stay on a line.

const WIDTH = 140

export function print(value, indent = '') {
  const flat = flatten(value)
  if (indent.length + flat.length <= WIDTH || value === null || typeof value !== 'object') return flat
  const inner = `${indent}  `
  if (Array.isArray(value)) return `[\n${value.map((item) => inner + print(item, inner)).join(',\n')}\n${indent}]`
  const rows = Object.entries(value).map(([key, item]) => `${inner}${JSON.stringify(key)}: ${print(item, inner)}`)
  return `{\n${rows.join(',\n')}\n${indent}}`
}

function flatten(value) {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(flatten).join(', ')}]`
  const pairs = Object.entries(value).filter(([, item]) => item !== undefined)
  return pairs.length === 0 ? '{}' : `{ ${pairs.map(([key, item]) => `${JSON.stringify(key)}: ${flatten(item)}`).join(', ')} }`
}
