import { parseIp } from '../net/ip.ts'

/** The address that a name under in-addr.arpa or ip6.arpa asks about; '' if it names none, undefined for any other name. */
export function addressOfPtr(name: string): string | undefined {
  const v4 = /^(.*)\.in-addr\.arpa$/.exec(name)
  if (v4) return parseIp(v4[1].split('.').reverse().join('.')) ?? ''
  const v6 = /^(.*)\.ip6\.arpa$/.exec(name)
  if (!v6) return undefined
  const nibbles = v6[1].split('.').reverse()
  if (nibbles.length !== 32) return ''
  return parseIp((nibbles.join('').match(/.{4}/g) ?? []).join(':')) ?? ''
}
