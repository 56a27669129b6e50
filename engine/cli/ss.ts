import type { WorldReader } from '../core/world.ts'
import { hash32 } from '../core/rng.ts'
import { seedOf } from '../kernel/ids.ts'
import { findBound } from '../kernel/socket/rows.ts'
import type { SocketRow } from '../kernel/tables.ts'
import { type Command, failed, type Line, notModelled, printed } from './types.ts'

/**
 * `ss`, as iproute2 6.1 prints it when its output is no terminal. Models iproute2 misc/ss.c: which sockets each option
 * selects, and render_calc_width() for the columns.
 */
interface Options {
  readonly all: boolean
  readonly listening: boolean
  readonly numeric: boolean
  readonly processes: boolean
  readonly header: boolean
  readonly protocols: readonly SocketRow['proto'][]
  readonly family?: 'ipv4' | 'ipv6'
}

/** In the order in which ss asks the kernel for them. */
const PROTOCOLS = ['udp', 'tcp', 'sctp'] as const

export const ssCommand: Command = {
  name: 'ss',
  usage: 'ss [-t] [-u] [-l] [-a] [-n] [-p] [-4] [-6] [-H]',
  run(world, place, args) {
    const options = readOptions(args)
    if ('exitCode' in options) return options
    const protocols = PROTOCOLS.filter((proto) => options.protocols.length === 0 || options.protocols.includes(proto))
    const sockets = protocols.flatMap((proto) => select(world, place.netns, proto, options))
    return printed(render(world, sockets, options))
  },
}

const FLAGS: Readonly<Record<string, (options: Options) => Options>> = {
  t: (o) => ({ ...o, protocols: [...o.protocols, 'tcp'] }),
  u: (o) => ({ ...o, protocols: [...o.protocols, 'udp'] }),
  S: (o) => ({ ...o, protocols: [...o.protocols, 'sctp'] }),
  a: (o) => ({ ...o, all: true }),
  l: (o) => ({ ...o, listening: true }),
  n: (o) => ({ ...o, numeric: true }),
  p: (o) => ({ ...o, processes: true }),
  H: (o) => ({ ...o, header: false }),
  4: (o) => ({ ...o, family: 'ipv4' }),
  6: (o) => ({ ...o, family: 'ipv6' }),
}
const LONG: Readonly<Record<string, string>> = {
  '--tcp': 't',
  '--udp': 'u',
  '--sctp': 'S',
  '--all': 'a',
  '--listening': 'l',
  '--numeric': 'n',
  '--processes': 'p',
  '--no-header': 'H',
  '--ipv4': '4',
  '--ipv6': '6',
}

function readOptions(args: readonly string[]): Options | ReturnType<typeof failed> {
  let options: Options = {
    all: false,
    listening: false,
    numeric: false,
    processes: false,
    header: true,
    protocols: [],
  }
  for (const arg of args) {
    const letters = LONG[arg] ?? (/^-[A-Za-z0-9]+$/.test(arg) ? arg.slice(1) : undefined)
    if (letters === undefined)
      return arg.startsWith('-') ? failed(`ss: unrecognized option '${arg}'`, 255) : notModelled(`filter ${arg}`)
    for (const letter of letters) {
      const set = FLAGS[letter]
      if (!set)
        return /[hVroemiZzNKbdwxEsfADFQOTM0]/.test(letter)
          ? notModelled(`-${letter}`)
          : failed(`ss: invalid option -- '${letter}'`, 255)
      options = set(options)
    }
  }
  return options
}

/** Without -a or -l: what is connected. The kernel lists IPv4 before IPv6, and listening sockets before others. */
function select(world: WorldReader, netns: string, proto: SocketRow['proto'], options: Options): SocketRow[] {
  const shown = world.by('socket', 'netns', netns).filter((row) => {
    if (row.proto !== proto || row.state === 'CLOSED') return false
    const waits = row.state === 'LISTEN' || row.state === 'UNCONN'
    if (options.family && shownFamily(world, row) !== options.family) return false
    if (options.all) return true
    return options.listening ? waits : !waits && row.state !== 'TIME-WAIT' && row.state !== 'SYN-RECV'
  })
  const rank = (row: SocketRow) => (shownFamily(world, row) === 'ipv4' ? 0 : 2) + (row.state === 'LISTEN' ? 0 : 1)
  return [...shown].sort((a, b) => rank(a) - rank(b) || a.localPort - b.localPort || (a.id < b.id ? -1 : 1))
}

/** A connection that a socket on `::` accepted is an IPv6 socket, whatever its addresses. */
function isMapped(world: WorldReader, row: SocketRow): boolean {
  return (
    row.family === 'ipv4' &&
    row.remoteIp !== undefined &&
    findBound(world, { netns: row.netns, proto: row.proto, ip: row.localIp, port: row.localPort })?.localIp === '::'
  )
}

const shownFamily = (world: WorldReader, row: SocketRow) => (isMapped(world, row) ? 'ipv6' : row.family)

interface Column {
  readonly head: string
  readonly delimiter: string
  readonly right?: boolean
}

const COLUMNS: readonly Column[] = [
  { head: 'Netid', delimiter: '' },
  { head: 'State', delimiter: ' ' },
  { head: 'Recv-Q', delimiter: ' ' },
  { head: 'Send-Q', delimiter: ' ' },
  { head: 'Local Address:', delimiter: ' ', right: true },
  { head: 'Port', delimiter: '' },
  { head: 'Peer Address:', delimiter: ' ', right: true },
  { head: 'Port', delimiter: '' },
  { head: 'Process', delimiter: '' },
]

/** Each column is as wide as its widest cell, the header's included; every line is padded to its end. */
function render(world: WorldReader, sockets: readonly SocketRow[], options: Options): Line[] {
  const skip = options.protocols.length === 1 ? 1 : 0
  const columns = COLUMNS.slice(skip)
  const lines: { cells: string[]; row?: SocketRow }[] = sockets.map((row) => ({
    cells: cellsOf(world, row, options).slice(skip),
    row,
  }))
  if (options.header) lines.unshift({ cells: columns.map((column) => column.head) })
  const widths = columns.map((_, i) => Math.max(0, ...lines.map(({ cells }) => cells[i].length)))
  return lines.map(({ cells, row }) => {
    let text = ''
    for (let i = 0; i < columns.length; i++) {
      if (widths[i] === 0) continue
      const cell = columns[i].right ? cells[i].padStart(widths[i]) : cells[i].padEnd(widths[i])
      text += (i === 0 ? '' : columns[i].delimiter) + cell
    }
    return row ? { text, ref: { table: 'socket', id: row.id, row } } : { text }
  })
}

function cellsOf(world: WorldReader, row: SocketRow, options: Options): string[] {
  const mapped = isMapped(world, row)
  const port = (number: number | undefined) =>
    number === undefined ? '*' : options.numeric ? String(number) : (SERVICES[number] ?? String(number))
  const anyPeer = row.family === 'ipv4' ? '0.0.0.0' : row.localIp === '::' && !row.v6only ? '*' : '[::]'
  return [
    row.proto,
    row.state,
    '0',
    row.state === 'LISTEN' ? backlogOf(row) : '0',
    `${addressText(row.localIp, mapped, row)}:`,
    port(row.localPort),
    `${row.remoteIp === undefined ? anyPeer : addressText(row.remoteIp, mapped, row)}:`,
    port(row.remotePort),
    options.processes && row.process && row.app && row.state !== 'TIME-WAIT' ? processText(world, row) : '',
  ]
}

function addressText(ip: string, mapped: boolean, row: SocketRow): string {
  if (mapped) return `[::ffff:${ip}]`
  if (ip === '::' && !row.v6only) return '*'
  return ip.includes(':') ? `[${ip}]` : ip
}

/** listen()'s second argument: nginx asks for 511, Go and most others for net.core.somaxconn. */
const backlogOf = (row: SocketRow) => (row.process === 'nginx' || row.process === 'redis-server' ? '511' : '4096')

// Simplified: process ids belong to the program's name and descriptors count its sockets, because processes are not modelled.
function processText(world: WorldReader, row: SocketRow): string {
  const pid = 1000 + (hash32(seedOf(world), `pid/${row.app}`) % 30_000)
  const fd = 3 + world.by('socket', 'app', row.app ?? '').findIndex((each) => each.id === row.id)
  return ` users:(("${row.process}",pid=${pid},fd=${fd}))`
}

/** Names of /etc/services that clusters meet. */
const SERVICES: Readonly<Record<number, string>> = {
  22: 'ssh',
  25: 'smtp',
  53: 'domain',
  80: 'http',
  110: 'pop3',
  123: 'ntp',
  143: 'imap2',
  179: 'bgp',
  389: 'ldap',
  443: 'https',
  636: 'ldaps',
  993: 'imaps',
  2049: 'nfs',
  2379: 'etcd-client',
  2380: 'etcd-server',
  3306: 'mysql',
  4369: 'epmd',
  5432: 'postgresql',
  5672: 'amqp',
  6379: 'redis',
  8080: 'http-alt',
}
