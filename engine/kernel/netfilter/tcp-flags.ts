import type { View } from './view.ts'

/** Flag names of iptables and tcpdump's letters for them; `ALL` and `NONE` besides. */
const LETTERS: Readonly<Record<string, string>> = { FIN: 'F', SYN: 'S', RST: 'R', PSH: 'P', ACK: '.', URG: 'U' }

/** `--tcp-flags MASK SET`: of the flags in the mask, exactly these are set. */
export function tcpFlagsMatcher(mask: string, set: string): (view: View) => boolean {
  const looked = lettersOf(mask)
  const wanted = lettersOf(set)
  return ({ ip }) => {
    const { body } = ip
    return body.kind === 'tcp' && looked.every((letter) => body.flags.includes(letter) === wanted.includes(letter))
  }
}

function lettersOf(text: string): string[] {
  if (text === 'NONE') return []
  if (text === 'ALL') return Object.values(LETTERS)
  return text.split(',').map((name) => LETTERS[name] ?? name)
}
