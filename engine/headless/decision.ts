import type { Cause } from '../core/cause.ts'
import type { WorldReader } from '../core/world.ts'
import { locate } from '../api/provenance.ts'
import { ifnameOf } from '../kernel/ids.ts'
import { ruleText } from '../kernel/netfilter/rule-text.ts'
import type {
  AddrRow,
  ConntrackRow,
  FdbRow,
  HookRow,
  HostRow,
  LinkRow,
  NeighRow,
  NetnsRow,
  NfChainRow,
  RecordRef,
  RouteRow,
  RuleRow,
  SocketRow,
  SysctlRow,
  Tuple,
} from '../kernel/tables.ts'
import type { CauseView, DecisionView } from '../protocol.ts'

/** The row behind a step, as a person reads it: its text in the tools' words, its author, and the line that asked for it. */
export function viewDecision(world: WorldReader, ref: RecordRef): DecisionView {
  const row = ref.row ?? world.get(ref.table as 'route', ref.id) // any table: only looked at by `decisionText`
  const { owner, cause } = authorOf(ref, row)
  return {
    table: ref.table,
    id: ref.id,
    ...(ref.rule === undefined ? {} : { rule: ref.rule }),
    text: decisionText(ref, row),
    ...(owner ? { owner } : {}),
    ...(cause ? { cause: viewCause(world, cause) } : {}),
  }
}

/** A rule's own author comes before its chain's. */
export function authorOf(ref: RecordRef, row: unknown): { owner?: string; cause?: Cause } {
  const whole = (row ?? {}) as { owner?: string; cause?: Cause; rules?: readonly { owner?: string; cause?: Cause }[] } // every owned row has these
  const rule = ref.rule === undefined ? undefined : whole.rules?.[ref.rule]
  const owner = rule?.owner ?? whole.owner
  const cause = rule?.cause ?? whole.cause
  return { owner, cause }
}

export function viewCause(world: WorldReader, cause: Cause): CauseView {
  const at = locate(world, cause)
  return {
    kind: cause.kind,
    ...(cause.namespace ? { namespace: cause.namespace } : {}),
    name: cause.name,
    ...(cause.field ? { field: cause.field } : {}),
    file: at?.file ?? null,
    line: at?.line ?? null,
    ...(at?.endLine ? { endLine: at.endLine } : {}),
  }
}

function decisionText(ref: RecordRef, row: unknown): string {
  if (!row) return ref.id
  // Each table holds rows of its own type.
  switch (ref.table) {
    case 'nfChain':
      return chainText(row as NfChainRow, ref.rule)
    case 'route':
      return routeText(row as RouteRow)
    case 'neigh': {
      const neigh = row as NeighRow
      return `${neigh.address} dev ${ifnameOf(neigh.link)}${neigh.lladdr ? ` lladdr ${neigh.lladdr}` : ''} ${neigh.state}`
    }
    case 'fdb': {
      const fdb = row as FdbRow
      return [
        fdb.mac,
        'dev',
        ifnameOf(fdb.link),
        ...(fdb.dst ? ['dst', fdb.dst] : []),
        ...fdb.flags.filter((flag) => flag === 'self'),
        ...(fdb.bridge ? ['master', ifnameOf(fdb.bridge)] : []),
        ...(fdb.state === 'permanent' ? ['permanent'] : []),
      ].join(' ')
    }
    case 'conntrack':
      return conntrackText(row as ConntrackRow)
    case 'socket':
      return socketText(row as SocketRow)
    case 'addr': {
      const addr = row as AddrRow
      return `${addr.family === 'ipv4' ? 'inet' : 'inet6'} ${addr.address}/${addr.prefixLen} dev ${ifnameOf(addr.link)}`
    }
    case 'link': {
      const link = row as LinkRow
      return `${link.name}: ${link.kind} mtu ${link.mtu} ${link.up ? 'UP' : 'DOWN'}`
    }
    case 'sysctl': {
      const sysctl = row as SysctlRow
      return `${sysctl.key} = ${sysctl.value}`
    }
    case 'rule': {
      const rule = row as RuleRow
      return `${rule.priority}: from ${rule.from ?? 'all'}${rule.to ? ` to ${rule.to}` : ''}${rule.fwmark ? ` fwmark 0x${rule.fwmark.value.toString(16)}/0x${rule.fwmark.mask.toString(16)}` : ''} ${typeof rule.action === 'string' ? rule.action : `lookup ${tableName(rule.action.lookup)}`}`
    }
    case 'hook': {
      const hook = row as HookRow
      return `${hook.hook} ${hook.program}`
    }
    case 'netns':
      return `netns ${(row as NetnsRow).path ?? (row as NetnsRow).id}`
    case 'host':
      return `host ${(row as HostRow).id}`
    default:
      return ref.id
  }
}

function chainText(chain: NfChainRow, index: number | undefined): string {
  const rule = index === undefined ? undefined : chain.rules[index]
  if (rule) return ruleText(rule, chain.name, chain.family)
  return chain.policy ? `-P ${chain.name} ${chain.policy}` : `-N ${chain.name}`
}

const tableName = (table: number) => ({ 255: 'local', 254: 'main', 253: 'default' })[table] ?? String(table)

function routeText(route: RouteRow): string {
  const dst = /\/0$/.test(route.dst) ? 'default' : route.dst.replace(/\/(32|128)$/, '')
  const hops = route.nexthops.map(
    (hop) =>
      `${hop.via ? ` via ${hop.via}` : ''}${route.type === 'unicast' || route.type === 'local' || route.type === 'broadcast' ? ` dev ${ifnameOf(hop.dev)}` : ''}${hop.onlink ? ' onlink' : ''}`,
  )
  const head = `${route.type === 'unicast' ? '' : `${route.type} `}${dst}`
  const body = hops.length === 1 ? hops[0] : hops.map((hop) => ` nexthop${hop}`).join('')
  return `${head}${body}${route.table === 254 ? '' : ` table ${tableName(route.table)}`}${route.proto === 'boot' ? '' : ` proto ${route.proto}`}${route.scope === 'global' ? '' : ` scope ${route.scope}`}${route.src ? ` src ${route.src}` : ''}${route.metric ? ` metric ${route.metric}` : ''}`
}

function conntrackText({ orig, reply, tcp, status }: ConntrackRow): string {
  const tuple = (t: Tuple) =>
    `src=${t.src} dst=${t.dst}${t.sport || t.dport ? ` sport=${t.sport} dport=${t.dport}` : ''}`
  const flag = status.includes('ASSURED') ? ' [ASSURED]' : status.includes('SEEN_REPLY') ? '' : ' [UNREPLIED]'
  return `${orig.proto}${tcp ? ` ${tcp}` : ''} ${tuple(orig)}${flag} ${tuple(reply)}`
}

function socketText(socket: SocketRow): string {
  const at = (ip: string | undefined, port: number | undefined) =>
    ip === undefined ? '*:*' : `${ip === '::' ? '*' : ip.includes(':') ? `[${ip}]` : ip}:${port ?? '*'}`
  return `${socket.proto} ${socket.state} ${at(socket.localIp, socket.localPort)} ${at(socket.remoteIp, socket.remotePort)}${socket.process ? ` users:(("${socket.process}"))` : ''}`
}
