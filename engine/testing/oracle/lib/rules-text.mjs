// Reads the text of `iptables-save -c`.

/** The rules alone: no counters, no comment lines. */
export function stripCounters(text) {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.replace(/^\[\d+:\d+\] /, '').replace(/^(:\S+ \S+) \[\d+:\d+\]$/, '$1 [0:0]'))
    .map((line) => `${line}\n`)
    .join('')
}

/** Rules whose packet counter is larger in `after`, in the order of the text. */
export function rulesHit(netns, family, before, after) {
  const seen = new Map(counted(before).map((rule) => [rule.key, rule.packets]))
  return counted(after)
    .filter((rule) => rule.packets > (seen.get(rule.key) ?? 0))
    .map(({ table, rule }) => ({ netns, family, table, rule }))
}

function counted(text) {
  const rules = []
  const repeated = new Map()
  let table = ''
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1)
    const match = /^\[(\d+):\d+\] (-A .*)$/.exec(line)
    if (!match) continue
    const same = `${table} ${match[2]}`
    repeated.set(same, (repeated.get(same) ?? 0) + 1)
    rules.push({ table, rule: match[2], packets: Number(match[1]), key: `${same} ${repeated.get(same)}` })
  }
  return rules
}
