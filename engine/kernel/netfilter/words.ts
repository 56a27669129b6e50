/** Splits a line as iptables-restore does: blanks separate, double quotes hold together, a backslash in quotes takes the next character as it is. */
export function splitLine(line: string): string[] {
  const words: string[] = []
  let word = ''
  let quoted = false
  let open = false
  for (let i = 0; i < line.length; i++) {
    const c = line[i]
    if (quoted && c === '\\' && i + 1 < line.length) word += line[++i]
    else if (c === '"') {
      quoted = !quoted
      open = true
    } else if (!quoted && (c === ' ' || c === '\t' || c === '\n')) {
      if (open || word !== '') words.push(word)
      word = ''
      open = false
    } else word += c
  }
  if (open || word !== '') words.push(word)
  return words
}

/** Quotes a text where iptables-save would: only letters, digits, `_` and `-` go without. Models xtables_save_string(). */
export function quote(text: string): string {
  return /^[\w-]+$/.test(text) ? text : `"${text.replace(/["'\\]/g, '\\$&')}"`
}

/** A number as iptables reads it: decimal, 0x or octal; undefined if it is none. */
export function readNumber(text: string): number | undefined {
  if (!/^(0x[0-9a-f]+|\d+)$/i.test(text)) return undefined
  return /^0\d/.test(text) ? Number.parseInt(text, 8) : Number(text)
}

export const hex = (value: number): string => `0x${value.toString(16)}`
