// JSON that a person can read and git can compare: objects that fit on a line stay on a line.

const WIDTH = 600

export function print(value, width = WIDTH, indent = '') {
  const flat = flatten(value)
  if (indent.length + flat.length <= width || value === null || typeof value !== 'object') return flat
  const inner = `${indent}  `
  if (Array.isArray(value))
    return `[\n${value.map((item) => inner + print(item, width, inner)).join(',\n')}\n${indent}]`
  const pairs = Object.entries(value).filter(([, item]) => item !== undefined)
  const rows = pairs.map(([key, item]) => `${inner}${JSON.stringify(key)}: ${print(item, width, inner)}`)
  return `{\n${rows.join(',\n')}\n${indent}}`
}

function flatten(value) {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(flatten).join(', ')}]`
  const pairs = Object.entries(value).filter(([, item]) => item !== undefined)
  return pairs.length === 0
    ? '{}'
    : `{ ${pairs.map(([key, item]) => `${JSON.stringify(key)}: ${flatten(item)}`).join(', ')} }`
}

/** For the tools' own JSON: each record of a list on one line, however long. */
export function printDump(netns) {
  const list = (key, rows) =>
    `    ${JSON.stringify(key)}: ${rows.length === 0 ? '[]' : `[\n${rows.map((row) => `      ${JSON.stringify(row)}`).join(',\n')}\n    ]`}`
  const dump = ([name, parts]) => {
    const lines = Object.entries(parts).map(([key, part]) =>
      Array.isArray(part) ? list(key, part) : `    ${JSON.stringify(key)}: ${flatten(part)}`,
    )
    return `  ${JSON.stringify(name)}: {\n${lines.join(',\n')}\n  }`
  }
  return `{\n${Object.entries(netns).map(dump).join(',\n')}\n}\n`
}
