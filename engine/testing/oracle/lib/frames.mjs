// Decodes Ethernet, ARP, IPv4, IPv6, TCP, UDP, ICMP, ICMPv6 and VXLAN into the `Frame` shapes of ../types.ts.

const VXLAN_PORT = 8472
const TCP_FLAGS = [
  ['SYN', 0x02],
  ['RST', 0x04],
  ['FIN', 0x01],
  ['PSH', 0x08],
  ['ACK', 0x10],
]

const mac = (b, at) => [...b.subarray(at, at + 6)].map((x) => x.toString(16).padStart(2, '0')).join(':')
const ip4 = (b, at) => [...b.subarray(at, at + 4)].join('.')

/** RFC 5952 text. */
function ip6(b, at) {
  const words = Array.from({ length: 8 }, (_, i) => b.readUInt16BE(at + 2 * i).toString(16)).join(':')
  const runs = [...words.matchAll(/(^|:)0(:0)+(?=:|$)/g)].sort((x, y) => y[0].length - x[0].length)
  if (!runs[0]) return words
  const { index } = runs[0]
  return `${words.slice(0, index)}::${words.slice(index + runs[0][0].length).replace(/^:/, '')}`
}

/** -> { eth, arp | nd | ip, tcp, udp, icmp, vxlan, inner } ; undefined for what a recording does not describe. */
export function decode(b) {
  const eth = { src: mac(b, 6), dst: mac(b, 0) }
  const type = b.readUInt16BE(12)
  const body = b.subarray(14)
  if (type === 0x0806) return { eth, arp: arp(body) }
  if (type === 0x0800) return withEth(eth, ipv4(body))
  if (type === 0x86dd) return withEth(eth, ipv6(body))
  return undefined
}

const withEth = (eth, rest) => rest && { eth, ...withoutTcpLength(rest) }

/** The length of whatever carries or quotes a TCP segment hangs on the options the sender chose. */
function withoutTcpLength(rest) {
  const quoted = rest.icmp?.quoted ?? rest.inner?.icmp?.quoted
  if (rest.inner?.tcp === undefined && quoted?.proto !== 'tcp') return rest
  const { length, ...ip } = rest.ip
  return { ...rest, ip: length >= 576 ? rest.ip : ip }
}

function arp(b) {
  return {
    op: b.readUInt16BE(6) === 1 ? 'request' : 'reply',
    sender: { mac: mac(b, 8), ip: ip4(b, 14) },
    target: { mac: mac(b, 18), ip: ip4(b, 24) },
  }
}

function ipv4(b) {
  const headerBytes = (b[0] & 15) * 4
  const flags = b.readUInt16BE(6)
  const offset = (flags & 0x1fff) * 8
  const more = (flags & 0x2000) !== 0
  const proto = { 1: 'icmp', 6: 'tcp', 17: 'udp' }[b[9]]
  if (!proto) return undefined
  const ip = { version: 4, src: ip4(b, 12), dst: ip4(b, 16), ttl: b[8], proto }
  if (proto !== 'tcp') ip.length = b.readUInt16BE(2)
  ip.df = (flags & 0x4000) !== 0
  if (b[1] !== 0) ip.tos = b[1]
  if (offset > 0 || more) ip.fragment = { offset, more }
  return { ip, ...(offset > 0 ? {} : transport(proto, b.subarray(headerBytes))) }
}

function ipv6(b) {
  const proto = { 58: 'icmp6', 6: 'tcp', 17: 'udp' }[b[6]]
  if (!proto) return undefined
  const ip = { version: 6, src: ip6(b, 8), dst: ip6(b, 24), ttl: b[7], proto }
  const body = b.subarray(40)
  if (proto === 'icmp6' && (body[0] === 135 || body[0] === 136)) return { nd: neighbour(ip, body) }
  if (proto === 'icmp6' && (body[0] < 1 || (body[0] > 4 && body[0] !== 128 && body[0] !== 129))) return undefined
  if (proto !== 'tcp') ip.length = b.readUInt16BE(4) + 40
  return { ip, ...transport(proto, body) }
}

function neighbour(ip, b) {
  const nd = { op: b[0] === 135 ? 'solicitation' : 'advertisement' }
  nd.ip = { src: ip.src, dst: ip.dst, ttl: ip.ttl }
  nd.target = ip6(b, 8)
  if (b.length >= 32) nd.lladdr = mac(b, 26)
  if (b[0] === 136) nd.flags = `${b[4] & 0x80 ? 'R' : ''}${b[4] & 0x40 ? 'S' : ''}${b[4] & 0x20 ? 'O' : ''}`
  return nd
}

function transport(proto, b) {
  if (proto === 'tcp') return { tcp: tcp(b) }
  if (proto === 'icmp') return { icmp: icmp(b) }
  if (proto === 'icmp6') return { icmp: icmp6(b) }
  const udp = { sport: b.readUInt16BE(0), dport: b.readUInt16BE(2) }
  if (udp.dport !== VXLAN_PORT) return { udp }
  udp.sport = 'vxlan-hash'
  return { udp, vxlan: { vni: b.readUIntBE(12, 3) }, inner: decode(b.subarray(16)) }
}

function tcp(b) {
  const flags = TCP_FLAGS.filter(([, bit]) => b[13] & bit).map(([name]) => name)
  const header = { sport: b.readUInt16BE(0), dport: b.readUInt16BE(2), flags: flags.join(',') }
  for (let at = 20; at < (b[12] >> 4) * 4 && b[at] !== 0; at += b[at] === 1 ? 1 : b[at + 1]) {
    if (b[at] === 2) header.mss = b.readUInt16BE(at + 2)
  }
  return header
}

const ICMP_ERRORS = [3, 4, 5, 11, 12]

function icmp(b) {
  const header = { type: b[0], code: b[1] }
  if (!ICMP_ERRORS.includes(header.type)) return header
  if (header.type === 3 && header.code === 4) header.mtu = b.readUInt16BE(6)
  const q = b.subarray(8)
  header.quoted = { src: ip4(q, 12), dst: ip4(q, 16), ttl: q[8], proto: { 1: 'icmp', 6: 'tcp', 17: 'udp' }[q[9]] }
  return { ...header, quoted: { ...header.quoted, ...quotedPorts(header.quoted.proto, q.subarray((q[0] & 15) * 4)) } }
}

function icmp6(b) {
  const header = { type: b[0], code: b[1] }
  if (header.type >= 128) return header
  if (header.type === 2) header.mtu = b.readUInt32BE(4)
  const q = b.subarray(8)
  header.quoted = { src: ip6(q, 8), dst: ip6(q, 24), ttl: q[7], proto: { 58: 'icmp6', 6: 'tcp', 17: 'udp' }[q[6]] }
  return { ...header, quoted: { ...header.quoted, ...quotedPorts(header.quoted.proto, q.subarray(40)) } }
}

const quotedPorts = (proto, b) =>
  proto === 'tcp' || proto === 'udp' ? { sport: b.readUInt16BE(0), dport: b.readUInt16BE(2) } : {}
