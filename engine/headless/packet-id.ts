/**
 * What packet ids say: `q` is the first request, `q/2` the same end's next packet, `q/r1` the other end's first,
 * `q/rst` and `q/icmp...` what a host answered to `q`, `q/dns1` a query that was needed first, with answer `q/dns1/r1`.
 */

/** True for packets that travel back to the one who asked: an odd number of answers in the id. */
export function isReply(packet: string): boolean {
  const answers = packet.split('/').filter((part) => ANSWER.test(part)).length
  return answers % 2 === 1
}

const ANSWER = /^(r\d+|rst|abort|icmp\S*)$/

/** True if `packet` is a direct answer to the packet `to`: not a later packet of the same end, not an answer to an answer. */
export function answers(packet: string, to: string): boolean {
  return packet.startsWith(`${to}/`) && ANSWER.test(packet.slice(to.length + 1))
}
