import type { TcpCtState } from '../tables.ts'

// Models net/netfilter/nf_conntrack_proto_tcp.c tcp_conntracks[][][]: what each kind of segment makes of each state,
// in the direction of the first packet and in the other. `ignore` leaves the state as it is, `invalid` disowns the packet.
// Simplified: no tracking of windows and sequence numbers, because segments of the modelled stack never leave the window.

type Next = TcpCtState | 'ignore' | 'invalid'
type Segment = 'syn' | 'synack' | 'fin' | 'ack' | 'rst' | 'none'

const ORDER: readonly TcpCtState[] = [
  'NONE',
  'SYN_SENT',
  'SYN_RECV',
  'ESTABLISHED',
  'FIN_WAIT',
  'CLOSE_WAIT',
  'LAST_ACK',
  'TIME_WAIT',
  'CLOSE',
  'SYN_SENT2',
]
const LETTERS: Readonly<Record<string, Next>> = {
  SS: 'SYN_SENT',
  SR: 'SYN_RECV',
  ES: 'ESTABLISHED',
  FW: 'FIN_WAIT',
  CW: 'CLOSE_WAIT',
  LA: 'LAST_ACK',
  TW: 'TIME_WAIT',
  CL: 'CLOSE',
  S2: 'SYN_SENT2',
  '--': 'ignore',
  '!!': 'invalid',
}

//                      NO SS SR ES FW CW LA TW CL S2
const ORIGINAL: Readonly<Record<Segment, string>> = {
  syn: /*            */ 'SS SS -- -- -- -- -- SS SS S2',
  synack: /*         */ '!! !! SR !! !! !! !! !! !! SR',
  fin: /*            */ '!! !! FW FW LA LA LA TW CL !!',
  ack: /*            */ 'ES !! ES ES CW CW TW TW CL !!',
  rst: /*            */ '!! CL CL CL CL CL CL CL CL CL',
  none: /*           */ '!! !! !! !! !! !! !! !! !! !!',
}
const REPLY: Readonly<Record<Segment, string>> = {
  syn: /*            */ '!! S2 !! !! !! !! !! SS !! S2',
  synack: /*         */ '!! SR -- -- -- -- -- -- -- SR',
  fin: /*            */ '!! !! FW FW LA LA LA TW CL !!',
  ack: /*            */ '!! -- SR ES CW CW TW TW CL --',
  rst: /*            */ '!! CL CL CL CL CL CL CL CL CL',
  none: /*           */ '!! !! !! !! !! !! !! !! !! !!',
}

export function nextTcpState(state: TcpCtState, flags: string, dir: 'original' | 'reply'): Next {
  const row = (dir === 'original' ? ORIGINAL : REPLY)[segmentOf(flags)]
  const column = ORDER.indexOf(state) * 3
  return LETTERS[row.slice(column, column + 2)]
}

/** get_conntrack_index(). Flags in tcpdump's letters. */
function segmentOf(flags: string): Segment {
  if (flags.includes('R')) return 'rst'
  if (flags.includes('S')) return flags.includes('.') ? 'synack' : 'syn'
  if (flags.includes('F')) return 'fin'
  return flags.includes('.') ? 'ack' : 'none'
}

/** Seconds, and the sysctl `net.netfilter.nf_conntrack_tcp_timeout_*` that sets another. */
export const TCP_TIMEOUTS: Readonly<Record<TcpCtState, { readonly seconds: number; readonly sysctl: string }>> = {
  NONE: { seconds: 120, sysctl: 'syn_sent' },
  SYN_SENT: { seconds: 120, sysctl: 'syn_sent' },
  SYN_RECV: { seconds: 60, sysctl: 'syn_recv' },
  ESTABLISHED: { seconds: 432_000, sysctl: 'established' },
  FIN_WAIT: { seconds: 120, sysctl: 'fin_wait' },
  CLOSE_WAIT: { seconds: 60, sysctl: 'close_wait' },
  LAST_ACK: { seconds: 30, sysctl: 'last_ack' },
  TIME_WAIT: { seconds: 120, sysctl: 'time_wait' },
  CLOSE: { seconds: 10, sysctl: 'close' },
  SYN_SENT2: { seconds: 120, sysctl: 'syn_sent' },
}
export const TCP_UNACKNOWLEDGED = { seconds: 300, sysctl: 'unacknowledged' } as const
