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

/** Rules whose packet counter is not zero, in the order of the text; the recorder zeroes them before each run. */
export function rulesHit(netns, family, text) {
  const hit = []
  let table = ''
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1)
    const match = /^\[(\d+):\d+\] (-A .*)$/.exec(line)
    if (match && match[1] !== '0') hit.push({ netns, family, table, rule: match[2] })
  }
  return hit
}
