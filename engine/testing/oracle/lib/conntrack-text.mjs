// Reads the text of `conntrack -L -o extended`.

/** -> rows with numeric ports; the caller decides which ports are stable. */
export function conntrackRows(netns, text) {
  return text
    .split('\n')
    .filter((line) => /^ipv[46] /.test(line))
    .map((line) => rowOf(netns, line))
}

function rowOf(netns, line) {
  const words = line.trim().split(/\s+/)
  const [, , proto, , , maybeState] = words
  const row = { netns, proto }
  if (proto === 'tcp') row.state = maybeState
  const second = line.indexOf(' src=', line.indexOf(' src=') + 1)
  row.orig = tupleOf(line.slice(0, second))
  row.reply = tupleOf(line.slice(second))
  row.unreplied = line.includes('[UNREPLIED]')
  row.assured = line.includes('[ASSURED]')
  row.mark = Number(/ mark=(\d+)/.exec(line)?.[1] ?? 0)
  return row
}

function tupleOf(text) {
  const field = (name) => new RegExp(` ${name}=(\\S+)`).exec(text)?.[1]
  const tuple = { src: field('src'), dst: field('dst') }
  for (const name of ['sport', 'dport', 'type', 'code']) {
    if (field(name) !== undefined) tuple[name] = Number(field(name))
  }
  return tuple
}
