import { err, ok, type Result } from '../../core/result.ts'
import { readFile, removeFile, writeFile } from '../../kernel/file.ts'
import type { Ip } from '../../net/address.ts'
import { baseOf, familyOf, ipToBigInt, ipFromBigInt, lengthOf, nthAddress, parseCidr, parseIp } from '../../net/ip.ts'
import {
  type CniCall,
  type CniError,
  type CniIp,
  type CniPlugin,
  type CniResult,
  type CniRoute,
  failed,
} from '../spec.ts'

const DATA_DIR = '/var/lib/cni/networks'
const LINE_BREAK = '\r\n'

/**
 * IPAM from ranges that one host owns, leases as files named by their address.
 * Models plugins/ipam/host-local: main.go, backend/allocator/allocator.go, backend/disk/backend.go.
 */
export const hostLocal: CniPlugin = {
  type: 'host-local',

  add(call) {
    const sets = rangeSets(call)
    if (!sets.ok) return sets
    const ips: CniIp[] = []
    for (const [index, set] of sets.value.entries()) {
      const got = allocate(call, set, index)
      if (!got.ok) {
        release(call)
        return failed(call, `failed to allocate for range ${index}: ${got.error}`)
      }
      ips.push(got.value)
    }
    const routes = (call.conf.ipam?.routes ?? []) as readonly CniRoute[]
    return ok({
      cniVersion: call.conf.cniVersion,
      ips,
      ...(routes.length > 0 ? { routes } : {}),
      dns: {},
    } satisfies CniResult)
  },

  del(call) {
    release(call)
    return ok(undefined)
  },

  check(call) {
    const found = leases(call).length > 0
    return found
      ? ok(undefined)
      : failed(call, `host-local: Failed to find address added by container ${call.env.CNI_CONTAINERID}`)
  },
}

interface IpRange {
  readonly subnet: string
  readonly prefixLen: number
  readonly start: Ip
  readonly end: Ip
  readonly gateway: Ip
}

/** A range set is one address to hand out, from any of its ranges. */
type RangeSet = readonly IpRange[]

function rangeSets(call: CniCall): Result<readonly RangeSet[], CniError> {
  const ipam = call.conf.ipam ?? {}
  const given: readonly (readonly Record<string, string>[])[] =
    ipam.ranges ?? (ipam.subnet ? [[ipam as Record<string, string>]] : [])
  if (given.length === 0) return failed(call, 'no IP ranges specified')
  const sets: RangeSet[] = []
  for (const [index, set] of given.entries()) {
    const ranges: IpRange[] = []
    for (const range of set) {
      const read = readRange(range)
      if (typeof read === 'string') return failed(call, `invalid range set ${index}: ${read}`)
      ranges.push(read)
    }
    sets.push(ranges)
  }
  return ok(sets)
}

/** Models Range.Canonicalize(): all but the network and broadcast addresses; the first one is the gateway. */
function readRange(given: Readonly<Record<string, string>>): IpRange | string {
  const subnet = parseCidr(given.subnet ?? '')
  if (!subnet) return `invalid CIDR address: ${given.subnet}`
  const prefixLen = lengthOf(subnet)
  if (prefixLen > (familyOf(subnet) === 'ipv4' ? 30 : 126)) return `Network ${subnet} too small to allocate from`
  if (given.subnet !== subnet) {
    return `Network has host bits set. For a subnet mask of length ${prefixLen} the network address is ${baseOf(subnet)}`
  }
  const last = familyOf(subnet) === 'ipv4' ? -2 : -1
  const start = parseIp(given.rangeStart ?? '') ?? nthAddress(subnet, 1)
  const end = parseIp(given.rangeEnd ?? '') ?? nthAddress(subnet, last)
  return { subnet, prefixLen, start, end, gateway: parseIp(given.gateway ?? '') ?? nthAddress(subnet, 1) }
}

/** Models IPAllocator.Get(): the asked-for address, else the next free one behind the last that was reserved. */
function allocate(call: CniCall, set: RangeSet, index: number): Result<CniIp, string> {
  const { ctx, host, env, wishes } = call
  const mine = leases(call).find((ip) => rangeFor(set, ip))
  if (mine) return err(`${mine} has been allocated to ${env.CNI_CONTAINERID}, duplicate allocation is not allowed`)
  const wished = wishes.ip && rangeFor(set, wishes.ip)
  if (wishes.ip && wished) {
    if (wishes.ip === wished.gateway && wishes.insists) return err(`requested ip ${wishes.ip} is subnet's gateway`)
    if (wishes.ip !== wished.gateway && reserve(call, wishes.ip, index)) return ok(configOf(wishes.ip, wished))
    if (wishes.insists) return err(`requested IP address ${wishes.ip} is not available in range set ${setText(set)}`)
  }
  const last = parseIp(readFile(ctx.tx, host, `${dirOf(call)}/last_reserved_ip.${index}`) ?? '')
  for (const [ip, range] of walk(set, last)) {
    if (ip === range.gateway || wishes.reserved(ip)) continue
    if (reserve(call, ip, index)) return ok(configOf(ip, range))
  }
  return err(`no IP addresses available in range set: ${setText(set)}`)
}

/** Every address of the set once, beginning behind `last` if that lies in it. Models RangeIter.Next(). */
function* walk(set: RangeSet, last: Ip | undefined): Generator<[Ip, IpRange]> {
  const from = last === undefined ? -1 : set.findIndex((range) => holds(range, last))
  const first = from < 0 ? 0 : from
  const begin = from < 0 || last === undefined ? ipToBigInt(set[0].start) : ipToBigInt(last) + 1n
  for (let i = 0; i <= set.length; i++) {
    const range = set[(first + i) % set.length]
    const family = familyOf(range.subnet)
    const [start, end] = [ipToBigInt(range.start), ipToBigInt(range.end)]
    const low = i === 0 ? begin : start
    const high = i === set.length ? begin - 1n : end
    for (let n = low; n <= high; n++) yield [ipFromBigInt(n, family), range]
  }
}

function reserve(call: CniCall, ip: Ip, index: number): boolean {
  const { ctx, host, env, cause } = call
  const path = `${dirOf(call)}/${ip}`
  if (readFile(ctx.tx, host, path) !== undefined) return false
  const by = { owner: 'cni:host-local', cause }
  writeFile(ctx.tx, host, path, env.CNI_CONTAINERID + LINE_BREAK + env.CNI_IFNAME, by)
  writeFile(ctx.tx, host, `${dirOf(call)}/last_reserved_ip.${index}`, ip, { owner: 'cni:host-local' })
  return true
}

function release(call: CniCall): void {
  for (const ip of leases(call)) removeFile(call.ctx.tx, call.host, `${dirOf(call)}/${ip}`)
}

/** Addresses leased to this container's interface. */
function leases(call: CniCall): Ip[] {
  const key = call.env.CNI_CONTAINERID + LINE_BREAK + call.env.CNI_IFNAME
  const dir = `${dirOf(call)}/`
  const files = call.ctx.tx.by('file', 'text', `${call.host}|${key}`)
  return files.filter(({ path }) => path.startsWith(dir)).map(({ path }) => path.slice(dir.length) as Ip) // leases are named by address
}

function dirOf(call: CniCall): string {
  return `${call.conf.ipam?.dataDir ?? DATA_DIR}/${call.conf.name}`
}

function configOf(ip: Ip, range: IpRange): CniIp {
  return { address: `${ip}/${range.prefixLen}`, gateway: range.gateway }
}

function rangeFor(set: RangeSet, ip: Ip): IpRange | undefined {
  return set.find((range) => holds(range, ip))
}

function holds(range: IpRange, ip: Ip): boolean {
  if (familyOf(range.subnet) !== familyOf(ip)) return false
  const n = ipToBigInt(ip)
  return n >= ipToBigInt(range.start) && n <= ipToBigInt(range.end)
}

function setText(set: RangeSet): string {
  return set.map(({ start, end }) => `${start}-${end}`).join(',')
}
