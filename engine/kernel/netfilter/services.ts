/** What /etc/services and /etc/protocols name among the things that rules are written for. */
export const PORTS: Readonly<Record<string, number>> = {
  ftp: 21,
  ssh: 22,
  smtp: 25,
  domain: 53,
  http: 80,
  ntp: 123,
  https: 443,
  bgp: 179,
  kerberos: 88,
}

const PROTOCOLS = {
  tcp: 'tcp',
  udp: 'udp',
  sctp: 'sctp',
  icmp: 'icmp',
  icmpv6: 'ipv6-icmp',
  'ipv6-icmp': 'ipv6-icmp',
  ipencap: 'ipencap',
  ipip: 'ipencap',
  6: 'tcp',
  17: 'udp',
  132: 'sctp',
  1: 'icmp',
  58: 'ipv6-icmp',
  4: 'ipencap',
} as const

export type Protocol = (typeof PROTOCOLS)[keyof typeof PROTOCOLS]

export function protocolOf(text: string): Protocol | undefined {
  return (PROTOCOLS as Readonly<Record<string, Protocol>>)[text.toLowerCase()]
}

/** `80`, `http`; undefined if it is no port. */
export function portOf(text: string): number | undefined {
  const port = /^\d+$/.test(text) ? Number(text) : PORTS[text]
  return port !== undefined && port <= 65_535 ? port : undefined
}
